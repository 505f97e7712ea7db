import { createHash } from 'node:crypto'
import { AwsError } from '../aws-json.ts'
import { isObject, type JsonObject, object, text, texts } from '../json.ts'
import type { State } from '../state.ts'

/** A user of a pool, as Cognito keeps it. */
export interface User {
  readonly username: string
  readonly sub: string
  readonly enabled: boolean
  readonly groups: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly createdSeconds: number
}

/** The users of every pool, kept in the data folder. */
export interface Directory {
  find(poolId: string, username: string): User | undefined
  /** @throws AwsError UserNotFoundException */
  get(poolId: string, username: string): User
  put(poolId: string, user: User): void
  delete(poolId: string, username: string): void
  all(poolId: string): User[]
}

/** The same user has the same `sub` in every data folder, so that a token pasted into a note works after --fresh. */
export const subOf = (poolId: string, username: string): string => {
  const hash = createHash('sha256').update(`${poolId}/${username}`).digest('hex')
  return [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)].join('-')
}

export const newUser = (poolId: string, username: string, groups: readonly string[], attributes: Record<string, string> = {}): User => ({
  username,
  sub: subOf(poolId, username),
  enabled: true,
  groups,
  attributes,
  createdSeconds: Math.floor(Date.now() / 1000),
})

const read = (kept: JsonObject): User => ({
  username: text(kept['username']),
  sub: text(kept['sub']),
  enabled: kept['enabled'] === true,
  groups: texts(kept['groups']),
  attributes: Object.fromEntries(Object.entries(object(kept['attributes'])).map(([key, value]) => [key, text(value)])),
  createdSeconds: Number(kept['createdSeconds']),
})

export const openDirectory = (state: State): Directory => {
  const key = (poolId: string, username: string): string => `${poolId}/${username}`
  const find = (poolId: string, username: string): User | undefined => {
    const kept = state.get('user', key(poolId, username))
    return isObject(kept) ? read(kept) : undefined
  }
  return {
    find,
    get: (poolId, username) => {
      const user = find(poolId, username)
      if (user === undefined) throw new AwsError('UserNotFoundException', 'User does not exist.')
      return user
    },
    put: (poolId, user) => state.set('user', key(poolId, user.username), { ...user }),
    delete: (poolId, username) => state.delete('user', key(poolId, username)),
    all: (poolId) =>
      state
        .all('user')
        .filter(({ key: kept }) => kept.startsWith(`${poolId}/`))
        .map(({ value }) => read(object(value))),
  }
}
