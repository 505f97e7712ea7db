import type { Module } from '../kernel/module.ts'
import cadence from './cadence/index.ts'
import club from './club/index.ts'
import day from './day/index.ts'
import feed from './feed/index.ts'
import greeting from './greeting/index.ts'
import occasion from './occasion/index.ts'
import overview from './overview/index.ts'
import points from './points/index.ts'
import referral from './referral/index.ts'
import reward from './reward/index.ts'
import series from './series/index.ts'
import task from './task/index.ts'

/** What the care area does in daily work, what it keeps of loyalty, and where it brings customers together: one line a module. */
export const work: readonly Module[] = [task, cadence, series, overview, day, feed]
export const loyalty: readonly Module[] = [greeting, points, reward, referral]
export const gatherings: readonly Module[] = [club, occasion]
