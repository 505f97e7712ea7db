import type { Module } from './kernel/module.ts'
import { work } from './care/index.ts'
import { modules as customer } from './customer/index.ts'
import bulk from './data/bulk/index.ts'
import view from './data/view/index.ts'
import { modules as platform } from './platform/index.ts'
import { modules as sales } from './sales/index.ts'
import { modules as service } from './service/index.ts'

/** What people and shops call all day: files, purchases, deals, tickets, tasks. One function answers it. */
export const modules: readonly Module[] = [...platform, ...customer, ...sales, ...service, ...work, view, bulk]
