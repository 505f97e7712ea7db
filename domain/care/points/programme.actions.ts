import * as z from 'zod'
import { policyOf } from '../../insight/tier/index.ts'
import { creating } from '../creating.ts'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import { fault } from '../../kernel/fault.ts'
import { find, mustMatch, viewOf } from '../../kernel/record.ts'
import { workspaceOf } from '../../platform/workspace/index.ts'
import { programmeChanged, programmeKept } from './points.events.ts'
import { IN_FORCE, programme, readProgramme, versionKey } from './points.store.ts'
import { programmeIssues, programmeShape } from './programme.ts'

const view = () => viewOf(programme)

/** The programme in force; version 0 is the product's own, in which nothing earns. */
export const showProgramme = action('points.show_programme', () => ({ input: z.strictObject({}), output: view() }), readProgramme)

/** The programme as a version had it. */
export const showVersion = action(
  'points.show_programme_version',
  () => ({ input: z.strictObject({ version: z.coerce.number().int().min(1).max(1e9) }), output: view() }),
  async (ctx, { version }) => ({ ...(await find(ctx, programme, programme.id(versionKey(version)))), version }),
)

/** Sets the programme as a whole. What was earned stands; the version before stays readable for whoever asks why. */
export const setProgramme = action(
  'points.set_programme',
  () => ({ input: z.strictObject(programmeShape()), output: view() }),
  async (ctx, input) => {
    const [before, { currency }, { tiers }] = await Promise.all([readProgramme(ctx), workspaceOf(ctx), policyOf(ctx)])
    await mustMatch(ctx, programme, before, input)
    const issues = programmeIssues(input, { currency, tiers: tiers.map(({ name }) => name) })
    if (issues.length > 0) throw fault('invalid', 'input.invalid', 'The input is not valid.', { errors: issues })
    const { record, change } =
      before.version === 0
        ? create(ctx, programme, input, programmeChanged, { own: IN_FORCE })
        : alter(ctx, programme, before, { expiryMonths: null, ...input }, programmeChanged)
    const { change: keeping } = create(ctx, programme, input, programmeKept, { own: versionKey(record.version) })
    return creating('programme.exists', () => commit(ctx, [change, keeping], record))
  },
)
