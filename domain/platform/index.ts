import type { Module } from '../kernel/module.ts'
import calendar from './calendar/index.ts'
import role from './role/index.ts'
import team from './team/index.ts'
import user from './user/index.ts'
import workspace from './workspace/index.ts'

/** The platform area: one line a module. */
export const modules: readonly Module[] = [workspace, role, team, user, calendar]
