/** Names among words drawn at random: no particular word may be needed to see a name. */
export const scrambled = `{Noun} by {full}
{Noun} of {full}, {adj}
{Noun} for {person}: {noun} {verb}
{Verb} {person} the {noun}.
{Verb} it to {first} in {adj} {noun}.
{Verb} the {noun} with {person} on {day}.
{Verb} {full}, a {adj} {noun} from {city}.
{Adj} {noun}s {verb} {person} and {noun}.
The {noun}, {full}, will {verb} the {adj} {noun}.
The {adj} {noun} {verb}ed {person} {noun}s.
The {noun} that {first} {verb}s is {adj}.
What did {person} {verb}?
Why did {first} {verb} the {noun}?
When will {person} {verb} it?
How does {first} {verb} {noun}s?
Would {first} {verb} {first}?
{person} {verb}s {noun}s.
{person} {verb}ed the {adj} {noun} of {person}.
{person} is the {noun} of {person}.
{person}, {noun} of {firm}, {verb}s
{first} {verb}ed {noun}s in {city} for {firm}.
{first} is {adj}, but {first} isn't.
{first}? {Adj}!
No, {first}, {verb} it.
Yes {first} did {verb}
Dearest {first}, {verb} me.
My dear {first}, the {noun} is {adj}.
{Adj} {noun}: {full} ({date})
{Noun}: {full}
{noun}: {full}
{noun}_name: {full}
{noun}Name = "{full}"
"{noun}": "{full}"
{Noun} {n}: {full}, {city}
({full})
[{full}]
{full} ({date} in {city}, {country})
{full} / {full}
{full} & {full}
{full} vs. {full}
{last} ({n}), {last} ({n})
{last} and {last} {verb}ed.
{titled} {verb}s {noun}s at {n}.
{titled} and her {noun} {verb}ed {city} at {noun}.
{title} {last}, {address}
Is {titled} {adj}?
{Noun} {titled} is {adj} and {titled} is not.
The {noun} of {titled}
{Verb} to {titled} about my {noun}.
{Noun} at {address} is {adj}.
{Verb} to {address} and {verb} the {noun}.
{adj} {noun} {verb} {address} {verb} {noun}
The {noun} at {street} was {adj}.
To {verb} {address} {verb} the {noun}.
They {verb}ed {address} {adj} {noun}.
Where is {address}?
{address} since {n}
{address}.
{address}
{n} {noun}s at {address}
{Noun}: {address}
{Noun} in {city} {verb}s.
{Noun} from {city} to {city}
{city} {noun}s are {adj}.
{city}, then {city}, then {city}
{country} and {country} {verb} {noun}s.
The {noun} of {country} in {city} is {adj}.
{Verb} to {country} or {country}?
near {city}, {adj} {noun}
{firm} {verb}s {adj} {noun}s.
{Noun}s at {firm} {verb}.
{Noun} to {firm} was {verb}ed.
The {firm} {noun} in {city} is {adj}.
{n} {noun}s of {firm} {verb}ed
neither {firm} nor {firm} {verb}s
{firm} and {person} {verb}
{person} left {firm} after {n} {noun}s.
Our {Noun} {Noun} includes {Adj} {Noun}.
The {Adj} {Noun} lists all {Adj} {Noun}s by {Noun}.
{Adj} {Noun} {Noun} and {Adj} {Noun} are {adj}.
The {Noun} Team will {verb} the {Adj} {Noun} in {month}.
{Noun} {Noun} {n}
Please {verb} {n} {noun}s into {noun}s.
{Verb} the {noun} when it is {adj} {noun}.
Which {noun} should I {verb} for {adj} {noun}s?
We {verb}ed {n} {noun}s at {noun} {noun}.
at {noun} the {adj} {noun} {verb}s by {noun}
{adj} {noun} {verb} {adj} {noun} {verb} {noun}
{noun}-{noun}, {adj}-{noun} and {noun}/{noun}
{noun}/{noun}#{n} {noun}.{noun} @{noun}/{noun}-{noun}
{Noun}.{noun}({noun}) {noun}::{Noun}
${'$'}{ {noun} } {{noun}} <{noun}>{noun}</{noun}>`
  .split('\n')
  .filter((line) => line !== '');
