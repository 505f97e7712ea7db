import type { Module } from '../kernel/module.ts'
import customer from './customer/index.ts'

/** The customer area: one line a module. */
export const modules: readonly Module[] = [customer]
