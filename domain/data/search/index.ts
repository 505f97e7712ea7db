import { module } from '../../kernel/module.ts'
import { route } from '../../kernel/route.ts'
import { search } from './search.actions.ts'

export { astray, ghosts, isIndex, isSearched } from './check.ts'
export { keepAnew, keepSearchable } from './keep.ts'
export type { Asked, Entry, Found, Hit, SearchIndex } from './port.ts'
export { isRegister, tokenKeys } from './register.ts'

export default module('search', {
  verbs: ['read'],
  entities: [],
  events: [],
  routes: [
    route('POST /search', search, {
      can: 'search:read',
      summary: 'Find customers, tickets, notes, deals and orders by what you know of them',
      description:
        'Any part of a name in Latin or Chinese, in any order and without accents, also with a letter mistyped; pinyin and its initials; the beginning of an email, ' +
        'order number or external id; the end of a phone number; words of tickets and notes. What changed is found a moment later. ' +
        'Very common words find the best only: `more` says so.',
      example: { text: 'lovelace ada', kinds: ['customer'] },
      faults: ['search.too_short', 'search.too_many_words'],
    }),
  ],
})
