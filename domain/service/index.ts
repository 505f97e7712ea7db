import type { Module } from '../kernel/module.ts'
import ticket from './ticket/index.ts'

/** The service area: one line a module. */
export const modules: readonly Module[] = [ticket]
