import type { Module } from '../kernel/module.ts'
import deal from './deal/index.ts'
import pipeline from './pipeline/index.ts'

/** The sales area: one line a module. */
export const modules: readonly Module[] = [pipeline, deal]
