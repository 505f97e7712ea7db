import * as z from 'zod'
import { action } from '../../kernel/action.ts'
import { alter, commit, create } from '../../kernel/commit.ts'
import type { Ctx } from '../../kernel/context.ts'
import { fault, invalid, missing } from '../../kernel/fault.ts'
import * as f from '../../kernel/fields.ts'
import { facet, list as listPage, pageInput, pageOf, rowView } from '../../kernel/page.ts'
import { find, idOf, mustMatch, viewOf } from '../../kernel/record.ts'
import type { Vocabulary } from './field.ts'
import { defOf, MOST_SEGMENTS, readRegistry, registered, SEGMENTS_MEMO } from './registry.ts'
import { checkRule, LIMITS, type Rule } from './rule.ts'
import { ruleInput, segmentFileShape, type Segment } from './segment.ts'
import { countOf, segment, segmentChanged, segmentCreated, segmentDeleted, type SegmentRecord } from './segment.store.ts'
import { begun, closed, vocabularyOf } from './walk.ts'
import { sayRule } from './words.ts'

const byId = () => ({ id: idOf(segment) })

/** A segment as it leaves: the record, its members counted, and how far a walk has come. */
const view = () =>
  z.object({
    ...(viewOf(segment) as unknown as z.ZodObject).omit({ dueAt: true, walk: true, modelVersion: true }).shape,
    members: z.int(),
    progress: z.object({ looked: z.int(), startedAt: f.instant(), phase: z.enum(['look', 'settle']) }).optional(),
  }) as unknown as z.ZodType<SegmentView>
type SegmentView = Omit<SegmentRecord, 'dueAt' | 'walk' | 'modelVersion'> & {
  members: number
  progress?: { looked: number; startedAt: string; phase: 'look' | 'settle' } | undefined
}

async function shown(ctx: Ctx, record: SegmentRecord): Promise<SegmentView> {
  const { walk } = record
  const progress = walk && { looked: walk.looked, startedAt: walk.startedAt, phase: walk.phase }
  return { ...record, members: await countOf(ctx, record.id), ...(progress && { progress }) }
}

/** A segment that is not gone. @throws Fault `missing` */
export async function findSegment(ctx: Ctx, id: string): Promise<SegmentRecord> {
  const found = await find(ctx, segment, id)
  if (found.walk?.mode === 'close') throw missing('segment', id)
  return found
}

/** A rule that was sent, checked. @throws Fault `invalid` with everything that is wrong with it */
export function ruleFrom(raw: unknown, words: Vocabulary): Rule {
  const checked = checkRule(raw, words)
  if ('rule' in checked) return checked.rule
  throw fault('invalid', 'segment.rule_invalid', 'The rule is not valid.', { errors: checked.issues.slice(0, LIMITS.clauses) })
}

/** A rule as a record keeps it. */
const stored = (rule: Rule): NonNullable<Segment['rule']> => ({ ...rule })

/** Makes a segment. With a rule, every customer is looked at in the background; without, it is filled by hand. */
export const open = action(
  'segment.create',
  () => ({ input: z.strictObject({ ...segmentFileShape(), rule: ruleInput().optional() }), output: view() }),
  async (ctx, { rule: raw, ...file }) => {
    const words = await vocabularyOf(ctx)
    const rule = raw === undefined ? undefined : ruleFrom(raw, words)
    if ((await readRegistry(ctx)).length >= MOST_SEGMENTS)
      throw fault('conflict', 'segment.too_many', `A workspace has ${MOST_SEGMENTS} segments at most.`)
    const fields: Segment = {
      ...file,
      createdBy: ctx.actor.id,
      ...(rule
        ? { kind: 'rule', rule: stored(rule), words: sayRule(rule, words), state: 'building', ...begun(ctx, 'first') }
        : { kind: 'static', words: 'put in by hand', state: 'ready' }),
    }
    const { record, change } = create(ctx, segment, fields, segmentCreated)
    const result: SegmentView = { ...record, members: 0 }
    await commit(ctx, [change], result, [registered(defOf(record.id, record, words))])
    ctx.memo.drop(SEGMENTS_MEMO)
    return result
  },
)

export const list = action(
  'segment.list',
  () => ({ input: z.strictObject(pageInput()), output: pageOf(rowView(segment)) }),
  (ctx, input) => listPage(ctx, segment, facet(segment, 'name'), input),
)

export const show = action(
  'segment.show',
  () => ({ input: z.strictObject(byId()), output: view() }),
  async (ctx, { id }) => shown(ctx, await findSegment(ctx, id)),
)

/** Changes a segment. With another rule everybody is looked at again; who was a member stays one until that is done. */
export const change = action(
  'segment.change',
  () => ({
    input: z.strictObject({ ...byId(), ...f.patchOf(segmentFileShape()), rule: ruleInput().optional() }),
    output: view(),
  }),
  async (ctx, { id, rule: raw, ...patch }) => {
    if (Object.keys(patch).length === 0 && raw === undefined) throw invalid('patch.empty', '', 'Nothing to change was given.')
    const [before, words] = await Promise.all([findSegment(ctx, id), vocabularyOf(ctx)])
    await mustMatch(ctx, segment, before, { ...patch, ...(raw && { rule: raw }) })
    if (raw !== undefined && before.kind === 'static')
      throw fault('conflict', 'segment.is_static', 'This segment is filled by hand. Make another one for a rule.')
    const rule = raw === undefined ? undefined : ruleFrom(raw, words)
    // Who was found by a rule that was never done is nobody's member yet: the new one is built as the first.
    const mode = before.lookedAt === undefined ? 'first' : 'changed'
    const anew = rule && { rule: stored(rule), words: sayRule(rule, words), state: 'building' as const, ...begun(ctx, mode) }
    const { record, change: changed } = alter(ctx, segment, before, { ...patch, ...anew }, segmentChanged)
    const result = await shown(ctx, record)
    await commit(ctx, [changed], result, rule ? [registered(defOf(id, record, words))] : [])
    ctx.memo.drop(SEGMENTS_MEMO)
    return result
  },
)

/** Deletes a segment: it is gone at once, and its members leave it in the background, each with an event. */
export const bin = action(
  'segment.delete',
  () => ({ input: z.strictObject(byId()), output: z.object({ id: z.string() }) }),
  async (ctx, { id }) => {
    const before = await findSegment(ctx, id)
    await mustMatch(ctx, segment, before, {})
    const { patch, write } = closed(ctx, before)
    await commit(ctx, [alter(ctx, segment, before, patch, segmentDeleted).change], { id }, [write])
    ctx.memo.drop(SEGMENTS_MEMO)
    return { id }
  },
)
