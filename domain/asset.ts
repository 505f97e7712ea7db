import type { Module } from './kernel/module.ts'
import { modules as data } from './data/index.ts'

/** What keeps the customer asset whole: search, quality, segments, transfer, privacy, events. A third function answers it. */
export const modules: readonly Module[] = [...data]
