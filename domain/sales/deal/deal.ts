import * as z from 'zod'
import * as f from '../../kernel/fields.ts'
import { money } from '../../kernel/money.ts'
import { externalIdsShape } from '../../customer/customer/index.ts'
import { probability } from '../pipeline/index.ts'

export const dealStates = ['open', 'won', 'lost'] as const
export type DealState = (typeof dealStates)[number]

/** Part a person or company plays in the customer's decision. */
export const buyingRoleNames = ['decision_maker', 'approver', 'influencer', 'user', 'buyer', 'champion', 'gatekeeper', 'blocker'] as const

/** Why a deal was lost, in words that can be counted. */
export const lostReasons = [
  'price',
  'competitor',
  'no_budget',
  'no_decision',
  'timing',
  'fit',
  'relationship',
  'no_contact',
  'other',
] as const

const upToFourDecimals = () => z.number().multipleOf(0.0001)
const currency = () => z.string().regex(/^[A-Z]{3}$/, 'three capital letters of ISO 4217')

/** A product in a deal, as people write it. Amounts in minor units of the deal's currency. */
export const lineShape = () => ({
  sku: f.line(80).optional(),
  name: f.line(200),
  quantity: upToFourDecimals().gt(0).max(1_000_000),
  unitAmount: z.int().min(0).max(1e12),
  discountPercent: upToFourDecimals().min(0).max(100).optional(),
})

export type GivenLine = z.output<z.ZodObject<ReturnType<typeof lineShape>>>

/** Fields of the company's own: text, number or yes/no by name. An empty text takes the field away. */
const customValues = () =>
  z
    .record(
      z.string().regex(/^[a-z][A-Za-z0-9]{0,39}$/, 'camelCase, at most 40 letters and digits'),
      z.union([z.literal(''), f.line(1_000), z.number(), z.boolean()]),
    )
    .refine((values) => Object.keys(values).length <= 30, 'at most 30 fields')

/** What people write of a deal. */
export const dealShape = () => ({
  name: f.line(200),
  value: money().optional(),
  currency: currency(),
  lines: z.array(z.strictObject(lineShape())).max(100),
  expectedClose: f.day().optional(),
  source: f.line(80).optional(),
  competitors: z.array(f.line(120)).max(20),
  buyingRoles: z
    .array(
      z.strictObject({
        customerId: z.string().regex(/^cus_[0-9A-Za-z]{20}$/, 'an id of a customer, cus_…'),
        role: z.enum(buyingRoleNames),
      }),
    )
    .max(20),
  decisionFactors: z.array(f.line(200)).max(20),
  ownerId: z.string().max(64).optional(),
  nextStep: f.line(300).optional(),
  tags: z.array(f.slug()).max(30),
  custom: customValues(),
  /** What other systems call it. */
  externalIds: externalIdsShape().optional(),
})

const stay = () => z.object({ pipelineId: z.string(), stage: z.string(), enteredAt: f.instant(), leftAt: f.instant().optional() })

/** The whole record: what people write, and what its steps set. */
export const recordShape = () => ({
  customerId: z.string(),
  ...dealShape(),
  /** With `amount`: quantity × unit amount less discount, rounded half up. */
  lines: z.array(z.object({ ...lineShape(), amount: z.int() })),
  pipelineId: z.string(),
  stage: z.string(),
  state: z.enum(dealStates),
  /** The stage's, unless someone judged otherwise; 1 when won, 0 when lost. */
  probability: probability(),
  /** What someone judged, kept through stages. */
  probabilitySet: probability().optional(),
  /** Value × probability, rounded half up. */
  weighted: money().optional(),
  /** Stays in stages, oldest first, at most 100. */
  stageLog: z.array(stay()),
  closedAt: f.instant().optional(),
  wonReason: z.string().optional(),
  lostReason: z.enum(lostReasons).optional(),
  lostNote: z.string().optional(),
  /** Since when the deal has been in its stage for too long. */
  staleSince: f.instant().optional(),
  /** When the product looks whether it has. */
  staleCheckAt: f.instant().optional(),
})
export type Deal = z.output<z.ZodObject<ReturnType<typeof recordShape>>>
