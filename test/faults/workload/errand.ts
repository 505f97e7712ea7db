import type { Desk } from './desk.ts'

/** One thing that someone sets out to do: one request, or a few that belong together. */
export type Errand = (desk: Desk) => Promise<void>
