import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** Days a deal may stay in a stage before it counts as stale, where the stage says nothing. */
export const STALE_DAYS = 30

/** Fields of a deal that a stage can ask for. `custom.<name>` asks for one of the deal's own fields. */
export const requirable = [
  'value',
  'lines',
  'expectedClose',
  'source',
  'competitors',
  'buyingRoles',
  'decisionFactors',
  'ownerId',
  'nextStep',
  'tags',
] as const

const requiredField = () =>
  z.union([z.enum(requirable), z.string().regex(/^custom\.[a-z][A-Za-z0-9]{0,39}$/, `one of ${requirable.join(', ')}, or custom.<name>`)])

export const stageShape = () =>
  z.strictObject({
    name: f.slug(),
    label: f.line(80),
    /** How likely a deal in this stage is won. 0–1, four decimals. */
    probability: probability(),
    /** Fields a deal must have set to enter. */
    requiredFields: z.array(requiredField()).max(20),
    /** Days without leaving the stage after which a deal is marked stale. */
    staleDays: z.int().min(1).max(3_650).optional(),
  })
export type Stage = z.output<ReturnType<typeof stageShape>>

/** A probability with four decimals, so that weighted values stay exact. */
export const probability = () => z.number().min(0).max(1).multipleOf(0.0001)

export const pipelineShape = () => ({
  name: f.line(80),
  /** From first contact to the last step before the decision; won and lost are states of a deal, not stages. */
  stages: z.array(stageShape()).min(1).max(20),
})
export type Pipeline = z.output<z.ZodObject<ReturnType<typeof pipelineShape>>>

/** What every workspace starts with. */
export const defaultPipeline: Pipeline = {
  name: 'Sales',
  stages: [
    { name: 'qualification', label: 'Qualification', probability: 0.1, requiredFields: [] },
    { name: 'needs', label: 'Needs analysis', probability: 0.25, requiredFields: [] },
    { name: 'proposal', label: 'Proposal', probability: 0.5, requiredFields: ['value', 'expectedClose'] },
    { name: 'negotiation', label: 'Negotiation', probability: 0.75, requiredFields: ['value', 'expectedClose'], staleDays: 14 },
    { name: 'commitment', label: 'Commitment', probability: 0.9, requiredFields: ['value', 'expectedClose', 'nextStep'], staleDays: 14 },
  ],
}

/** The stage of a pipeline with this name. */
export function stageOf(pipeline: Pick<Pipeline, 'stages'>, name: string): Stage | undefined {
  return pipeline.stages.find((stage) => stage.name === name)
}

/** Names of stages given twice. */
export function repeatedStages(stages: readonly Stage[]): string[] {
  return stages.map((stage) => stage.name).filter((name, at, all) => all.indexOf(name) < at)
}

/** Leading parts of a deal's place in its list: what the deals of a pipeline, or of one stage of it, begin with. */
export function stretchOf(pipelineId: string, stage?: string): string {
  return stage === undefined ? `${pipelineId}#` : `${pipelineId}#${stage}#`
}
