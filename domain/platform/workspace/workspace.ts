import * as z from 'zod'
import * as f from '../../kernel/fields.ts'

/** A field the workspace adds to the customer file. */
export const customField = () =>
  z.strictObject({
    name: z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'camelCase, at most 40 letters and digits'),
    label: f.line(80),
    type: z.enum(['text', 'number', 'boolean', 'date', 'choice']),
    /** Of a `choice`: what may be chosen. */
    choices: z.array(f.line(80)).min(1).max(50).optional(),
    required: z.boolean().optional(),
  })
export type CustomField = z.output<ReturnType<typeof customField>>

/** What a workspace decides once for all its people. */
export const workspaceShape = () => ({
  name: f.line(120),
  /** Currency of purchases' totals and of tier lines. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters of ISO 4217'),
  timeZone: f.timeZone(),
  language: f.language(),
  country: f.country(),
  customFields: z.array(customField()).max(50),
  /** A warning is due when the probability of another purchase within the horizon falls to this. 0–1. */
  warningLine: z.number().gt(0).lt(1),
  /** How far ahead the warning looks. Days. */
  horizonDays: z.int().min(7).max(730),
  /** What happens when a file is opened that is like one there. Scores are probabilities that both are one customer. */
  duplicates: z
    .strictObject({
      onCreate: z.enum(['off', 'warn', 'refuse']),
      /** Score from which files are told of, 0.8 unless given. */
      warnAt: z.number().min(0.5).max(1).optional(),
      /** Score from which a new file is refused, 0.95 unless given. */
      refuseAt: z.number().min(0.5).max(1).optional(),
    })
    .optional(),
  /** How complete a file should be. */
  completeness: z
    .strictObject({
      /** What each field counts; one left out counts nothing. The product's own unless given. */
      weights: z.record(z.string().max(40), z.int().min(0).max(100)).optional(),
      /** Share of all weights in percent below which a file is to be mended, 60 unless given. */
      line: z.int().min(0).max(100).optional(),
    })
    .optional(),
})
export type Workspace = z.output<z.ZodObject<ReturnType<typeof workspaceShape>>>

/** What a workspace is before anyone has said anything. */
export const newWorkspace: Workspace = {
  name: 'My company',
  currency: 'USD',
  timeZone: 'UTC',
  language: 'en',
  country: 'US',
  customFields: [],
  warningLine: 0.5,
  horizonDays: 90,
}

type CustomValues = z.ZodType<Record<string, string | number | boolean>>
const built = new WeakMap<readonly CustomField[], CustomValues>()

/** A schema of the custom fields as this workspace defines them, built once per definition. */
export function customSchema(fields: readonly CustomField[]): CustomValues {
  const known = built.get(fields) ?? buildSchema(fields)
  built.set(fields, known)
  return known
}

function buildSchema(fields: readonly CustomField[]): CustomValues {
  const shape = fields.map((field): [string, z.ZodType] => {
    const type = typeOf(field)
    return [field.name, field.required ? type : type.optional()]
  })
  return z.strictObject(Object.fromEntries(shape)) as unknown as CustomValues
}

function typeOf(field: CustomField): z.ZodType {
  switch (field.type) {
    case 'text':
      return f.line(1_000)
    case 'number':
      return z.number().min(-1e15).max(1e15)
    case 'boolean':
      return z.boolean()
    case 'date':
      return f.day()
    case 'choice':
      return z.enum(field.choices ?? [])
  }
}
