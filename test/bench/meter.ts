import type { Spent, Table } from '../../domain/kernel/table/table.ts'

/** What an operation cost the table. A round is a wait: calls under way at the same time are one round. */
export interface Cost {
  calls: number
  rounds: number
  readUnits: number
  writeUnits: number
}

/** A table that counts its rounds, beside the units its engine reports. */
export interface Meter {
  table: Table
  /** What was spent since the last look. */
  take(): Cost
}

export function metered(table: Table, spent: Spent[]): Meter {
  let underWay = 0
  let rounds = 0
  const counted =
    <A extends unknown[], R>(call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (underWay++ === 0) rounds++
      try {
        return await call(...given)
      } finally {
        underWay--
      }
    }
  return {
    table: {
      get: counted(table.get.bind(table)),
      getAll: counted(table.getAll.bind(table)),
      query: counted(table.query.bind(table)),
      write: counted(table.write.bind(table)),
      writeAll: counted(table.writeAll.bind(table)),
      writeEach: counted(table.writeEach.bind(table)),
      scan: counted(table.scan.bind(table)),
    },
    take() {
      const cost = {
        calls: spent.length,
        rounds,
        readUnits: spent.reduce((sum, one) => sum + one.readUnits, 0),
        writeUnits: spent.reduce((sum, one) => sum + one.writeUnits, 0),
      }
      spent.length = 0
      rounds = 0
      return cost
    },
  }
}
