import { dynamoTable, type Spent, type Table } from '../../domain/kernel/table/table.ts'
import type { Random } from '../faults/random.ts'
import { carryOut, clientOver, type Command } from '../faults/sim/client.ts'
import { Dynamo } from '../faults/sim/dynamo.ts'
import { cancelled, Refusal } from '../faults/sim/refusal.ts'

/** How often each thing goes wrong, of all writes. */
const RATE = 1 / 40

/** The simulated table, in which writes get lost on the way there and on the way back, and calls overtake one another. */
export function faultyTable(by: Random, spent: Spent[], switches: { faults: boolean }): Table {
  const dynamo = new Dynamo('crm')
  const send = async (command: Command): Promise<object> => {
    const { name } = command.constructor
    for (let turns = by.between(1, 4); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
    const writes = /^(Put|Update|Delete|Transact|BatchWrite)/.test(name)
    const strikes = (): boolean => switches.faults && writes && by.chance(RATE)
    if (strikes()) throw new Refusal('TimeoutError', 'Lost on the way there')
    if (name === 'TransactWriteItemsCommand' && strikes()) throw cancelled([{ Code: 'TransactionConflict', Message: 'not now' }])
    const answer = carryOut(dynamo, command)
    if (strikes()) throw new Refusal('TimeoutError', 'Lost on the way back')
    return answer
  }
  return dynamoTable(clientOver(send), dynamo.name, (cost) => void spent.push(cost))
}
