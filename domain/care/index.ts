import type { Module } from '../kernel/module.ts'
import cadence from './cadence/index.ts'
import day from './day/index.ts'
import overview from './overview/index.ts'
import task from './task/index.ts'

/** The care area: one line a module. */
export const modules: readonly Module[] = [task, cadence, overview, day]
