import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { invalid } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { idOf, mustMatch } from '../../kernel/record.ts'
import { customerNamed, differing, isOf, namedShape, openedOnce, recordNamed, whoseShape, withName } from '../../customer/customer/index.ts'
import { pipeline, probability as probabilityField } from '../pipeline/index.ts'
import { change, mergedCustom, open, view } from './deal.actions.ts'
import { dealShape, type Deal } from './deal.ts'
import { deal } from './deal.store.ts'

const putInput = () =>
  z.strictObject({
    ...namedShape(),
    ...whoseShape('customer', 'customerId'),
    ...f.patchOf({ ...dealShape(), probability: probabilityField().optional() }),
    pipelineId: idOf(pipeline).optional().describe('where it is opened; later it is moved by its own route'),
    stage: f.slug().optional().describe('where it is opened; later it is moved by its own route'),
  })

/** Opens another system's deal, or changes what is given of it. What is the same already writes nothing. */
export const putBy = action(
  'deal.putBy',
  () => ({ input: putInput(), output: view() }),
  async (ctx, { system, externalId, pipelineId, stage, ...given }) => {
    const name = { system, externalId }
    const { customerId: _, customer: __, ...patch } = given as typeof given & { customerId?: unknown; customer?: unknown }
    const [before, id] = await Promise.all([recordNamed(ctx, deal, name), customerNamed(ctx, given, 'customer')])
    if (before) {
      ctx.request.existing = true
      if (!(await isOf(ctx, id, before.customerId)))
        throw invalid('deal.customer_stands', 'customerId', `This deal is ${before.customerId}’s.`)
      const custom = patch.custom && mergedCustom(before.custom, patch.custom)
      const wanted = {
        ...patch,
        ...(custom && { custom }),
        ...(patch.externalIds !== undefined && { externalIds: withName(name, patch.externalIds) }),
      }
      const changes = differing({ ...before, probability: before.probabilitySet, lines: plain(before.lines) }, wanted)
      if (Object.keys(changes).length > 0)
        return change.run(ctx, { id: before.id, ...changes, ...(changes.custom && { custom: patch.custom }) })
      await mustMatch(ctx, deal, before, {})
      return before
    }
    if (id === undefined) throw invalid('deal.needs_customer', 'customerId', 'There is no such deal yet; to open it, say whose it is.')
    if (patch.name === undefined) throw invalid('deal.needs_name', 'name', 'There is no such deal yet; to open it, give a name.')
    const said = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null))
    const input = { ...said, id, pipelineId, stage, externalIds: withName(name, patch.externalIds) }
    return openedOnce(deal.noun, name, () => open.run(ctx, open.schemas().input.parse(input)))
  },
)

/** Lines as people give them: what follows from them is not compared. */
const plain = (lines: Deal['lines']) => lines.map(({ amount: _, ...line }) => line)
