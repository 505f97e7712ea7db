import { action } from '../domain/kernel/action.ts'
import { goOn } from '../domain/data/upkeep/index.ts'
import { count } from '../functions/observe.ts'

/** The next step of the look at the table, with what it found counted for the alarm. */
export const inspectOn = action(
  goOn.name,
  () => goOn.schemas(),
  async (ctx, input) => {
    const answer = await goOn.run(ctx, input)
    if (answer.drift > 0) count('DriftFound', answer.drift)
    return answer
  },
)
