import { module } from '../../kernel/module.ts'
import { recordMended } from './mend.ts'
import * as s from './inspection.store.ts'

export { type Finding, type Invariant, type Kinds, type Piece } from './finding.ts'
export { inspect, look } from './inspect.ts'
export { begin, goOn } from './inspection.actions.ts'
export { inspection } from './inspection.store.ts'
export { allKinds } from './kinds.ts'
export { mend } from './mend.ts'
export { kindOf, valuesOf } from './sentinel-check.ts'
export { pieceOf, step, type Step } from './walk.ts'

export default module('inspection', {
  verbs: ['read'],
  entities: [s.inspection],
  events: [recordMended, s.inspectionBegun, s.inspectionMoved, s.inspectionDone],
  routes: [],
})
