import type { Module } from './kernel/module.ts'
import { knowing } from './data/index.ts'

/** What keeps the customer asset whole: search, quality, segments, events. A third function answers it. */
export const modules: readonly Module[] = [...knowing]
