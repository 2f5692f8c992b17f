/** Text in which nobody and no place is named, with many capitals. */
export const nothing = `The {noun} is {adj} and should {verb} on {day}.
Please {verb} the {noun} before {date}.
{Adj} {noun}s are {adj}.
{Verb} the {noun}, then {verb} the {adj} {noun}.
How do I {verb} a {noun} in {thing}?
Can you explain {thing} to me?
What is the difference between {thing} and {thing}?
{Thing}
# {Thing}
## {Thing}\\n\\nThe {noun} must be {adj}.
### {Adj} {Noun}
{Adj} {Noun} {Noun}
{Noun}: {adj}
{Noun} {Noun}: the {adj} {noun}
- {Thing}: {adj} {noun}
- **{Noun}** – {verb}s the {noun}
* {Verb} {noun}
| {Noun} | {Thing} |\\n|---|---|
{Thing} and {Thing} are supported.
We use {thing} with {thing} for the {noun}.
Install {thing}, then run \`npm run {verb}\`.
{Thing} 2.{n} adds {adj} {noun}s.
The {Noun} class has a {noun} of type {Thing}.
\`{Noun}{Noun}\` returns a {Thing}.
{noun}.{verb}({noun}, "{Noun}")
const {noun} = new {Noun}{Noun}({noun});
import {Noun} from "{noun}";
import { {Noun}, {Noun} } from "./{noun}.js";
throw new {Noun}Error("{Noun} not found");
export class {Noun}{Noun} extends {Noun} {
function {verb}{Noun}({noun}: {Noun}): {Noun}[] {
if ({noun} === null) return {n};
SELECT {noun} FROM {noun} WHERE {noun} = {n}
ERROR {n} {Noun}{Noun}: {noun} is {adj}
[INFO] {Noun} started on port {n}
{"{noun}": "{adj}", "count": {n}, "type": "{Noun}"}
{noun}: {adj}
My order {id} has not arrived, it was {n} items for {money}.
I'd like to {verb} my {thing} on {date}.
Order {id} from {date}, total {money}.
{n} {noun}s, {n} {noun}s and {n} {adj} {noun}s
There are {n} {noun}s in {n} {noun}s.
Chapter {n}: The {Adj} {Noun}
Figure {n}. {Adj} {noun} of the {noun}
Step {n}: {Verb} the {noun}.
{n}. {Verb} the {noun}
Version {n}.{n}.{n} ({date})
{n} days, {n} hours, {n} minutes
{n} {Noun}s
In {month} {n} the {noun} was {adj}.
On {day} at {time} the {noun} will {verb}.
The {nat} {noun} is {adj}.
I speak {nat} and {nat}.
{nat} cuisine is {adj}.
{Thing} is my favourite {noun}.
Have you tried {thing}?
I watched {thing} on {day}.
The {Noun} of the {Noun}
THE {Noun} IS {Adj}
THIS SOFTWARE IS PROVIDED "AS IS", WITHOUT {Noun} OF ANY KIND
NOTE: {noun} must be {adj}
TODO: {verb} the {noun}
FAQ
Yes. {Verb} it.
No, the {noun} is {adj}.
However, {adj} {noun}s {verb}.
I think {noun}s are {adj}.
Why is {thing} so {adj}?
Is {thing} {adj}?
Thanks for your {noun}!
Thanks in advance.
Dear customer,
Dear Sir or Madam,
Hi there,
Hi all,
Hello everyone,
Hi team,
Best regards,
Kind regards
Good morning,
To whom it may concern,
What is my {thing} number?
My {Thing} is {n}.
My phone is {phone} and my e-mail is {email}.
My card {card} was declined.
Transfer to {iban} is {adj}.
The server {ip} is {adj}.
See {url} for the {noun}.
My account number is {n}.
What's the limit for card {card}?
You said your email is {email}. Is that correct?
Date of birth: {date}
The {Adj} {Noun} is a {noun} about {noun}s.
She was {adj}, he was {adj}.
He said the {noun} would {verb} on {day}.
Call me on {day}.
Call me later.
Call me at {time}.
My name is on the list.
The name of the {noun} is {adj}.
name of the {noun}: {noun}
The address is {adj}.
I live in a {adj} {noun}.
I work for a {adj} company.
Send it to the {noun} team.
Ask the {noun} about {thing}.
From: {noun}\\nTo: {noun}
From {n} to {n}
Contact: {email}
Author: the {noun} team
Name: {noun}
Status: {Adj}
Priority: High
Category: {Noun}
Type: {Noun}
Title: The {Adj} {Noun}
Subject: Re: {Noun} {noun}
Page {n} of {n}
{n}% of {noun}s
Room {n}
Gate {n}, Terminal {n}
Flight {id} at {time}
Model {id}
{Thing} {n}
{n} {Thing}s
{Adj} {noun}, {Adj} {noun} & {Adj} {noun}
will {verb} and may {verb} in {month}
mark the {noun} as {adj}
hope you can {verb} it, bill the {noun}
The bill was paid, the grant is {adj}, and the rose will {verb}.
Click Save, then Close.
Press Enter or Escape.
Open Settings > Privacy > {Noun}
Go to File, Export, PDF.
- {hex}: {verb}({noun}): {verb} {noun}s
- {hex}: {Adj} {noun} {verb}s
- {hex} Thanks to everyone! - {verb} {noun} {verb}s
{hex} {hex} {hex} {hex}
0x{hex}, 0x{hex}, 0x{hex}
{n}, {n}, {n}, {n}, {n}, {n}
{n} {n} {n} {n} {n} {n} {n} {n}
[{n}, {n}, {n}]
{noun} x {n} ops/sec ({n} runs sampled)
{n} {noun}s, {adj} on {n} {noun}s
{n} passing ({n} ms)
{Acronym} and {Acronym} are {adj}.
The {Acronym} {noun} {verb}s {Acronym} {noun}s.
({Acronym})
{Acronym}, {Acronym} or {Acronym}
Support for {Acronym} ({noun}/{noun})
{Noun}, {Noun}, {Noun},\\n  {Noun}
{Noun} | {Noun}<{Noun}>
{ {noun}: {Noun}, {noun}: "{noun}" }
["{noun}", "{adj}", "{noun}"]
"{noun}": "{adj} {noun}"
{noun}.{noun}
{Noun}.{Noun}.{noun}
{noun}..{noun}
  {Noun},\\n  {Noun},\\n  {Noun},
| **{Noun}** | {Noun} {noun}, {Noun} {noun}, {Acronym} |
{Verb}s the {noun} from one {noun} to another.
{Adj} {noun}\\n{Verb} {noun} using {Noun}
When running {Thing} with {noun}s
Last updated: {day}, {date} {time}
{Thing}: {Adj} {Noun} and {Noun} {Noun}
{Thing}'s {noun} is {adj}.
using {Thing}, {Thing} or {Thing}
{Thing} helps {adj} {noun}s {verb}.
Built with {Thing}`
  .split('\n')
  .map((line) => line.replaceAll('\\n', '\n'));
