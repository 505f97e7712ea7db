import type { Module } from '../kernel/module.ts'
import rhythm from './rhythm/index.ts'
import model from './statistics/index.ts'
import tier from './tier/index.ts'
import warning from './warning/index.ts'

/** The insight area: one line a module. */
export const modules: readonly Module[] = [model, rhythm, warning, tier]
