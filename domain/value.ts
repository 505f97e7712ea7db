import type { Module } from './kernel/module.ts'
import { loyalty } from './care/index.ts'
import { modules as insight } from './insight/index.ts'

/** What the customers are worth and what keeps them: insight and loyalty. A second function answers it, so that neither grows too large to start. */
export const modules: readonly Module[] = [...insight, ...loyalty]
