import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { officialFolder } from '../../infra/local/engine/official.ts'

/** 3.x writes wrong stream records for expired items and now and then answers InternalFailure. */
const version = '2.6.1'

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>dynamodb-local</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`

/**
 * Fetches the official engine once, with Maven, into an ignored folder: its licence forbids passing it on. What is
 * there already stays.
 * @throws Error with Maven's last lines when it cannot be fetched
 */
export function fetchDynamoDbLocal(folder = officialFolder): void {
  if (existsSync(join(folder, `DynamoDBLocal-${version}.jar`))) return
  const draft = `${folder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'pom.xml'), pom)
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
  const args = ['-B', '-q', '-f', join(draft, 'pom.xml'), goal, `-DoutputDirectory=${draft}`, '-DincludeScope=runtime']
  const maven = spawnSync('mvn', args, { encoding: 'utf8' })
  if (maven.status !== 0) {
    rmSync(draft, { recursive: true, force: true })
    throw new Error(`Maven could not fetch DynamoDB Local: ${maven.error?.message ?? maven.stdout.slice(-2_000)}`)
  }
  rmSync(folder, { recursive: true, force: true })
  renameSync(draft, folder)
}
