import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/**
 * Accepts one finding of cdk-nag for one construct and what is in it, with the reason. It stands next to the resource,
 * so that whoever changes the resource sees it.
 * @param rule a rule, `AwsSolutions-COG3`, or one finding of it, `AwsSolutions-IAM5[Resource::*]`
 */
export function accept(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason })
}
