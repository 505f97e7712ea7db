/** A wall-clock moment without a zone; `month` from 1. */
export interface Wall {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** Turns moments into wall-clock time of one time zone and back. */
export interface Zone {
  wall(epochMs: number): Wall
  /** The moment of a wall-clock time: the first of two in autumn, undefined for one that spring leaves out. */
  epoch(wall: Wall): number | undefined
}

const asUtc = (wall: Wall): number => Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)

/** @throws RangeError for a name that is no time zone. */
export const zone = (name: string): Zone => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const wall = (epochMs: number): Wall => {
    const parts = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    }
  }
  const offsetAt = (epochMs: number): number => asUtc(wall(epochMs)) - Math.floor(epochMs / 1000) * 1000
  return {
    wall,
    epoch: (target) => {
      const naive = asUtc(target)
      const day = 86_400_000
      // The offsets in force around the time; the larger one gives the earlier moment.
      const offsets = [...new Set([offsetAt(naive - day), offsetAt(naive + day)])].toSorted((a, b) => b - a)
      return offsets.map((offset) => naive - offset).find((moment) => asUtc(wall(moment)) === naive)
    },
  }
}
