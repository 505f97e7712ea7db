import type { Schedule } from '../domain/kernel/event.ts'

/** Every job that runs by the clock, one line each. */
export const schedules: readonly Schedule[] = []
