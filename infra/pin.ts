import { CfnResource } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/**
 * Fixes the logical id of a resource that holds data. CloudFormation replaces a resource whose logical id changes, and
 * the id follows the construct's path, so moving a class would otherwise start with an empty table.
 */
export function pin(construct: IConstruct, logicalId: string): void {
  resourceOf(construct).overrideLogicalId(logicalId)
}

/** The CloudFormation resource a construct stands for. */
export function resourceOf(construct: IConstruct): CfnResource {
  const resource = construct.node.defaultChild ?? construct
  if (!(resource instanceof CfnResource)) throw new Error(`${construct.node.path} is no single resource.`)
  return resource
}
