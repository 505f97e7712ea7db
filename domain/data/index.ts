import type { Module } from '../kernel/module.ts'
import event from './event/index.ts'
import search from './search/index.ts'
import completeness from './completeness/index.ts'
import duplicate from './duplicate/index.ts'
import replay from './replay/index.ts'
import merging from './merging/index.ts'
import privacy from './privacy/index.ts'
import edit from './edit/index.ts'
import segment from './segment/index.ts'
import upkeep from './upkeep/index.ts'
import transfer from './transfer/index.ts'
import webhook from './webhook/index.ts'

/** What the data area knows of customers, and what moves them: one line a module, a function each. */
export const knowing: readonly Module[] = [event, webhook, replay, segment, duplicate, completeness, merging, search]
export const moving: readonly Module[] = [edit, upkeep, privacy, transfer]
