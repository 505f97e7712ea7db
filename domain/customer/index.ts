import type { Module } from '../kernel/module.ts'
import consent from './consent/index.ts'
import contact from './contact/index.ts'
import customer from './customer/index.ts'
import interaction from './interaction/index.ts'
import purchase from './purchase/index.ts'

/** The customer area: one line a module. */
export const modules: readonly Module[] = [customer, contact, interaction, purchase, consent]
