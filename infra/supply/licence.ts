/** What a bill of materials says of one package, as far as it is read here (CycloneDX 1.5). */
export interface Component {
  name: string
  version: string
  externalReferences?: { type: string; url: string }[]
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
}

/** Licences under which what is shipped may be used in any product, source closed or open, with no more than a notice. */
const SHIPPED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
])
/** What only builds or tests may come under these, too: nothing of it is passed on. */
const TOOLS = new Set([...SHIPPED, 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0'])

/** Packages whose licence is not among those allowed, each with what it says. @param shipped whether they are part of what is deployed */
export function refusedLicences(components: readonly Component[], shipped: boolean): string[] {
  const allowed = shipped ? SHIPPED : TOOLS
  return components.flatMap((one) => {
    const said = (one.licenses ?? []).map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'nothing')
    const fine = said.length > 0 && said.every((expression) => holds(expression, allowed))
    return fine ? [] : [`${one.name}@${one.version}: ${said.join(', ') || 'no licence'}`]
  })
}

/** Whether an SPDX expression can be met by the licences allowed: of an OR one part, of an AND all. Without parentheses within parentheses. */
export function holds(expression: string, allowed: ReadonlySet<string>): boolean {
  const flat = expression.replace(/\(([^()]*)\)/g, (_, inner: string) => (holds(inner, allowed) ? ([...allowed][0] ?? '') : 'NONE'))
  return flat.split(' OR ').some((part) => part.split(' AND ').every((one) => allowed.has(one.trim())))
}
