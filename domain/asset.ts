import type { Module } from './kernel/module.ts'
import { gatherings } from './care/index.ts'
import { knowing } from './data/index.ts'

/** What keeps the customer asset whole: search, quality, segments, events; and who is invited by segment. A third function answers it. */
export const modules: readonly Module[] = [...knowing, ...gatherings]
