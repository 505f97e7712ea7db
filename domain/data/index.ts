import type { Module } from '../kernel/module.ts'

/** What the customer asset needs as a whole: one line a module. */
export const modules: readonly Module[] = []
