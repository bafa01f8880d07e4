import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { AlertChannelEnum, DeliveryStatusEnum } from './enums.ts';
import { PageOf } from './page.model.ts';

@ObjectType()
export class AlertDelivery {
  @Field(() => ID)
  id!: string;
  @Field(() => AlertChannelEnum)
  channel!: keyof typeof AlertChannelEnum;
  @Field(() => String)
  target!: string;
  @Field(() => DeliveryStatusEnum)
  status!: keyof typeof DeliveryStatusEnum;
  @Field(() => Int)
  attempts!: number;
  @Field(() => GraphQLISODateTime)
  nextAt!: Date;
  @Field(() => String, { nullable: true })
  lastError?: string | null;
  @Field(() => GraphQLISODateTime, { nullable: true })
  sentAt?: Date | null;
}

@ObjectType()
export class Alert {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  kind!: string;
  @Field(() => String)
  title!: string;
  @Field(() => String)
  message!: string;
  @Field(() => GraphQLJSON)
  data!: unknown;
  @Field(() => GraphQLISODateTime)
  at!: Date;
  @Field(() => GraphQLISODateTime, { nullable: true, description: 'null: nobody has said that it was seen' })
  acknowledgedAt?: Date | null;
  @Field(() => String, { nullable: true })
  acknowledgedBy?: string | null;
  @Field(() => [AlertDelivery])
  deliveries!: AlertDelivery[];
}

@ObjectType()
export class AlertPage extends PageOf(Alert) {}
