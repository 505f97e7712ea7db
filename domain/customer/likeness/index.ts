/** Whether two files are of one customer: what they have in common, how probable that makes it, and whom to compare with. No record, no route. */
export { blockNames, blocksOf, memberKey, membersOf, MOST_IN_BLOCK } from './block.ts'
export { featuresOf, type Features } from './features.ts'
export { jaroOf, jaroWinkler } from './jaro-winkler.ts'
export { likenessOf, type Likeness, type Reason } from './score.ts'
export { compared, filesLike, type Alike } from './search.ts'
