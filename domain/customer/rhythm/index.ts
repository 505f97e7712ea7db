/** The facts of a customer's purchases that rhythm and value rest on. Pure: no record, no route. */
export * from './rhythm-state.ts'
