import type { Module } from './kernel/module.ts'
import { moving } from './data/index.ts'

/** What moves customers in, out and about: imports, exports, changes of many, privacy, checks. A fourth function answers it. */
export const modules: readonly Module[] = [...moving]
