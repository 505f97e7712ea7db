import type { Action } from '../../../kernel/action.ts'
import { addContact, putContact, removeContact } from '../../../customer/contact/index.ts'
import { changeCustomer, openCustomer } from '../../../customer/customer/index.ts'
import { deleteInteraction, recordInteraction } from '../../../customer/interaction/index.ts'
import { deletePurchase, recordPurchase } from '../../../customer/purchase/index.ts'
import { deleteDeal, loseDeal, moveDeal, openDeal, putDeal, reopenDeal, winDeal } from '../../../sales/deal/index.ts'
import { closeTicket, deleteTicket, openTicket, putTicket, resolveTicket } from '../../../service/ticket/index.ts'

/** The actions rows are written and undone with: rows go the same way as requests do, and are held to the same rules. */
const actions = () => [
  addContact,
  putContact,
  removeContact,
  changeCustomer,
  openCustomer,
  deleteInteraction,
  recordInteraction,
  deletePurchase,
  recordPurchase,
  deleteDeal,
  loseDeal,
  openDeal,
  putDeal,
  moveDeal,
  reopenDeal,
  winDeal,
  closeTicket,
  deleteTicket,
  openTicket,
  putTicket,
  resolveTicket,
]

/** @throws Error for an action no row is written with */
export function actionNamed(name: string): Action {
  const found = actions().find((one) => one.name === name)
  if (!found) throw new Error(`No row is written with ${name}.`)
  return found as unknown as Action
}
