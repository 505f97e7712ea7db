/** Letters of a suffix, by the five bits that each stands for. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
const SHORT = /^[0-9A-Za-z]{15}$/

/**
 * A record's id of Salesforce in its long form, as data exports have it. Reports have 15 characters of which case tells; the long form
 * adds three letters that say which of them are capitals, five by five ("ID field type", Salesforce object reference). So one record
 * has one id here, whichever file it comes from. Anything else stays as it is.
 */
export function longSalesforceId(id: string): string {
  if (!SHORT.test(id)) return id
  const suffix = [0, 5, 10].map((from) => {
    const capitals = [0, 1, 2, 3, 4].reduce((bits, at) => bits + (/[A-Z]/.test(id.charAt(from + at)) ? 2 ** at : 0), 0)
    return LETTERS.charAt(capitals)
  })
  return id + suffix.join('')
}
