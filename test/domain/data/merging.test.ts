import fc from '../../support/property.ts'
import { describe, expect, test } from 'vitest'
import { identitiesOf, type CustomerRecord } from '../../../domain/customer/customer/index.ts'
import { historyOf, together, type Sale } from '../../../domain/customer/purchase/index.ts'
import { holdsBoth, linesOf, mergedFields, patchOf, sides, type Choice, type Patch } from '../../../domain/data/merging/field.ts'
import { partingPatch } from '../../../domain/data/merging/parting.ts'

const NOW = '2026-11-22T09:00:00.000Z'

/** A file whose identities all carry its own mark: no two files share one, as the table sees to. */
const fileOf = (mark: string) =>
  fc
    .record(
      {
        name: fc.constantFrom('Ada', 'Ada L.'),
        birthday: fc.constantFrom('1980-01-01', '1990-02-02'),
        occupation: fc.constantFrom('Painter', 'Analyst'),
        notes: fc.constantFrom('One', 'Two'),
        lifecycle: fc.constantFrom('lead' as const, 'customer' as const, 'lost' as const),
        emails: fc.subarray([{ address: `1@${mark}.example`, primary: true }, { address: `2@${mark}.example` }]),
        phones: fc.subarray([{ number: `+1${mark.length}0000001` }, { number: `+1${mark.length}0000002` }]),
        tags: fc.subarray(['vip', 'shop', mark]),
        interests: fc.subarray(['Chess', 'chess', mark]),
        custom: fc.record({ size: fc.constantFrom('S', 'L'), [mark]: fc.constant(true) }, { requiredKeys: [] }),
        ownerId: fc.constantFrom('usr_a', 'usr_b'),
      },
      { requiredKeys: ['name', 'lifecycle', 'emails', 'phones', 'tags', 'interests', 'custom'] },
    )
    .map(
      (some) =>
        ({
          ...some,
          id: `cus_${mark}`,
          kind: 'person',
          messaging: [],
          externalIds: [],
          addresses: [],
          lifecycleSince: NOW,
          version: 1,
          createdAt: NOW,
          updatedAt: NOW,
        }) as unknown as CustomerRecord,
    )
const choice = fc
  .dictionary(fc.constantFrom(...mergedFields), fc.constantFrom(...sides), { maxKeys: 5 })
  .map(
    (some) =>
      Object.fromEntries(Object.entries(some).filter(([field, side]) => side !== 'both' || holdsBoth(field as keyof Choice))) as Choice,
  )

/** A file with a patch laid over it: `null` clears. */
function over(file: CustomerRecord, patch: Patch): CustomerRecord {
  return Object.fromEntries(
    Object.entries({ ...file, ...patch }).filter(([, value]) => value !== null && value !== undefined),
  ) as unknown as CustomerRecord
}
function kept(file: CustomerRecord, patch: Patch): { fields: string[]; before: Patch; after: Patch } {
  const fields = Object.keys(patch)
  const said = (of: object): Patch =>
    Object.fromEntries(Object.entries(of).filter(([name, value]) => fields.includes(name) && value !== null && value !== undefined))
  return { fields, before: said(file), after: said(patch) }
}

describe('a merge of two files', () => {
  test('undone at once leaves the survivor’s file as it was', () => {
    fc.assert(
      fc.property(fileOf('a'), fileOf('bb'), choice, (survivor, absorbed, chosen) => {
        const patch = patchOf(survivor, absorbed, chosen)
        const merged = over(survivor, patch)
        expect(over(merged, partingPatch(merged, kept(survivor, patch), absorbed))).toEqual(survivor)
      }),
    )
  })

  test('loses no identity of either: each leads to the survivor, once', () => {
    fc.assert(
      fc.property(fileOf('a'), fileOf('bb'), choice, (survivor, absorbed, chosen) => {
        const ids = identitiesOf(over(survivor, patchOf(survivor, absorbed, chosen)))
        expect(ids.toSorted()).toEqual([...identitiesOf(survivor), ...identitiesOf(absorbed)].toSorted())
      }),
    )
  })

  test('undone later, keeps what was said since and gives the absorbed file its identities back', () => {
    fc.assert(
      fc.property(fileOf('a'), fileOf('bb'), choice, (survivor, absorbed, chosen) => {
        const patch = patchOf(survivor, absorbed, chosen)
        const merged = over(survivor, patch)
        const since = over(merged, {
          occupation: 'Since',
          tags: [...merged.tags, 'since'],
          emails: [...merged.emails, { address: 'since@since.example' }],
        })
        const parted = over(since, partingPatch(since, kept(survivor, patch), absorbed))
        expect(parted.occupation).toBe('Since')
        expect(parted.tags.toSorted()).toEqual([...survivor.tags, 'since'].toSorted())
        expect(identitiesOf(parted).toSorted()).toEqual([...identitiesOf(survivor), 'email:since@since.example'].toSorted())
      }),
    )
  })

  test('shows beforehand what it does', () => {
    fc.assert(
      fc.property(fileOf('a'), fileOf('bb'), choice, (survivor, absorbed, chosen) => {
        const merged = over(survivor, patchOf(survivor, absorbed, chosen))
        for (const { field, result } of linesOf(survivor, absorbed, chosen)) {
          const says = merged[field]
          expect(Array.isArray(says) && says.length === 0 ? undefined : says).toEqual(result ?? (field === 'custom' ? {} : undefined))
        }
      }),
    )
  })
})

const sales = fc.array(
  fc.record({ day: fc.integer({ min: 20_000, max: 20_040 }), gross: fc.nat(1_000), share: fc.nat(2) }).map(
    ({ day, gross, share }): Sale => ({
      day,
      at: new Date(day * 86_400_000 + gross).toISOString(),
      gross,
      returned: Math.floor((gross * share) / 2),
    }),
  ),
  { minLength: 1, maxLength: 12 },
)

test('two histories together are the history of all their purchases', () => {
  fc.assert(
    fc.property(sales, sales, (mine, theirs) => {
      const [one, other, all] = [historyOf(mine, NOW), historyOf(theirs, NOW), historyOf([...mine, ...theirs], NOW)]
      const days = new Set(mine.map(({ day }) => day))
      const shared = new Set(theirs.map(({ day }) => day).filter((day) => days.has(day))).size
      if (!one || !other) throw new Error('purchases have a history')
      expect(together(one, other, shared)).toEqual(all)
      expect(together(other, one, shared)).toEqual(all)
    }),
  )
})
