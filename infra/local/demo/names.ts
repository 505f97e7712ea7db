/** Names for the demo's customers: the history has numbers only. */
const given = ['Ada', 'Amir', 'Ana', 'Bo', 'Chen', 'Dana', 'Eli', 'Emma', 'Farah', 'Hana', 'Ines', 'Ivan', 'Jonas', 'Kofi', 'Lena', 'Li', 'Mara', 'Mateo', 'Mei', 'Noor', 'Omar', 'Priya', 'Rosa', 'Sofia', 'Tariq', 'Uma', 'Wei', 'Yara', 'Zoe']
const family = ['Abara', 'Andersen', 'Bauer', 'Castillo', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Haddad', 'Ito', 'Jansen', 'Kaya', 'Kowalski', 'Lindqvist', 'Moreau', 'Nakamura', 'Okafor', 'Petrov', 'Quinn', 'Rossi', 'Silva', 'Tanaka', 'Ueda', 'Varga', 'Wang', 'Xu', 'Yilmaz', '陳', '王', '林', 'Zhang']

/** A made-up name for a customer number, always the same; 899 differ, so some customers share one, as people do. */
export function nameOf(number: number): { name: string; givenName: string; familyName: string } {
  const givenName = given[number % given.length] ?? ''
  const familyName = family[number % family.length] ?? ''
  return { name: `${givenName} ${familyName}`, givenName, familyName }
}
