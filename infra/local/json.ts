/** Values as they stand in templates, events and the state file. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

export const parse = (source: string): Json => JSON.parse(source) as Json

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value as an object, or an empty one: templates leave out what is default. */
export const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})

export const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

export const text = (value: Json | undefined): string => {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

export const texts = (value: Json | undefined): string[] => list(value).map(text)

/** CloudFormation accepts numbers and booleans as strings. */
export const number = (value: Json | undefined, fallback: number): number =>
  value === undefined || value === null || value === '' ? fallback : Number(value)

export const flag = (value: Json | undefined): boolean => value === true || value === 'true'

/** Equality by value; the order of an object's keys does not count. */
export const same = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item as Json, b[i] as Json))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]))
}
