import { eraseAgain, finishErasures } from '../../domain/data/privacy/index.ts'
import { mustHaveFiles, type Target } from './target.ts'
import { commandCtx } from './walk.ts'

/**
 * Erases again whom the register beside the table names and the table does not know as erased: it is of a time before. To be done
 * before anybody reads a table that was restored or imported.
 */
export async function erasedAgain(target: Target, action: string, now: () => string, say: (line: string) => void): Promise<void> {
  mustHaveFiles(target, 'the register of who was erased lies in it')
  const ctx = () => commandCtx(target, action, now(), say)
  const { registered, begun } = await eraseAgain(ctx())
  await finishErasures(ctx())
  say(`${registered} erasures in the register, ${begun} done again`)
}
