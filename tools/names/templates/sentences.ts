/** Sentences in which people, addresses, places and firms stand. `{slot}` as in slots.ts. */
export const sentences = `My name is {person}.
my name is {person} and i need help with my account
# Copyright (C) {year} {full}
Copyright (c) {year}-{year} {full}. All rights reserved.
 * Copyright © {year} {full} <{email}>
 * Copyright (C) {year}, {year}-{year} {firm}
# Author: {full} <{email}>
# Written by {full}.
 * Modified by {full}, {year}
@author {full}
Author: {full} <{email}>\nDate:   {date}\n\n    {verb}: {verb} {noun}
Signed-off-by: {full} <{email}>
- {first} to {verb} the {noun}
- {last}'s {noun} was {verb}ed
{Noun}: Dr {last}
was {verb}ed under Dr. {last} with {noun}
Daughter {first} {verb}ed, will {verb} {day}
({n}, '{full}', '{email}', '{phone}')
{n};{first};{last};{street};{phone}
{n},{first},{last},{email}
{n}\t{first}\t{last}\t{date}
{noun}.create({ name: '{full}', email: '{email}' });
Surname: {last}\nGiven names: {first}
GUEST {n}: {full}
My name is {full} and I live in {city}.
I'm {person} from {firm}.
I am {person}, a {job} at {firm} in {city}.
Hi, I'm {first}!
Hi {first},
Hello {first}, thanks for getting in touch.
Hey {first}, are you free on {day}?
Dear {titled},
Dear {first},
Dear {full},
Thanks, {first}
Thanks {first}!
Thank you {first}, that worked.
Best regards,\\n{full}
Kind regards,\\n{full}\\n{job}, {firm}
Sincerely,\\n{full}
Cheers,\\n{first}
Regards,\\n{first} {last}
Call me {first}.
You can call me {first}, everyone does.
People call him {first}.
They call me {first} but my full name is {full}.
Please send it to {full}, {address}.
Please ship the order to {full}, {address}
Ship to: {full}\\n{address}
Bill to:\\n{full}\\n{address}\\n{phone}
Billing address: {address}
Shipping address: {address}.
My address is {address}.
my new address is {address}, please update it
The address of {firm} is {address}.
Our office is at {address}.
We are located at {address}.
I live at {address}.
I live at {street} in {city}.
I used to live at {street}, {city}, but moved to {address} last {month}.
She moved to {address} in {month}.
Send the parcel to {address} before {date}.
The package was delivered to {street} instead of {street}.
Deliver to {address}, attn: {full}.
Update my primary and secondary address to {address}.
What is the address of {person}? It is {address}.
As promised, this is {poss} address:\\n\\n{address}
Pick me up at {street} at {time}.
There was an accident on {road} near {road}.
Turn left onto {road}, then right onto {road}.
The house on {road} is for sale.
The meeting is at {street}, {city}.
{full}\\n{address}
{full}\\n{firm}\\n{address}
{titled}\\n{address}
{full}\\n\\n{street}\\n{city}\\n{country} {n}\\n{phone}-Office\\n{phone}-Fax
{full} lives at {address}
{full} lives at {street}, {city}.
{person} lives in {city}.
{person} lives in {country} with {relative} {first}.
{person} was born in {city} on {date}.
{person} was born in {country}.
{titled} was born in {region}, {country}.
{full} ({date} – {date}) was a {nat} {job}.
{full}, {n}, from {city}, said the {noun} was {adj}.
"It was {adj}," said {person}.
"{Adj} {noun}," {person} told {firm}.
{person} said that {person} would {verb} the {noun}.
According to {person}, the {noun} is {adj}.
{person} and {person} met in {city}.
{person}, {person} and {person} are invited.
{first} and {first} went to the {noun} with {first}.
{person} works at {firm}.
{person} works for {firm} as a {job}.
{person} joined {firm} in {month}.
{person} left {firm} to work for {firm}.
I work for {firm}.
I work at {firm} in {cityState}.
I was hired by {firm} in {date}.
My employer is {firm}.
He founded {firm} with {person}.
{firm} announced on {day} that {full} will be its new {job}.
{firm} is a company based in {city}.
{firm} acquired {firm} for {money}.
{firm} has offices in {city}, {city} and {city}.
Shares of {firm} fell after {firm} said it would {verb}.
We bought the {noun} from {firm}.
The contract between {firm} and {firm} ends in {month}.
I have an account with {firm}.
My insurance is with {firm}.
My wife {first} and I are {verb}ing a {noun}.
My husband {first} works at {firm}.
My son {first} is {n} years old.
My daughter's name is {first}.
my brother {first} lives in {city}
My boss, {full}, wants the {noun} by {day}.
My colleague {full} will contact you.
My friend {first} from {city} says hi.
His mother, {full}, is {nat}.
Her maiden name was {last}.
The patient, {full}, was admitted on {date}.
Patient: {full}, DOB {date}
Patient {full} presented with a {adj} {noun}.
{titled} prescribed {n} mg for {full}.
{titled} will see you at {time}.
I have an appointment with {titled} on {day}.
Please ask {titled} to call me.
Ask for {titled} at the reception.
I spoke with {person} yesterday.
I talked to {person} about the {noun}.
Have you met {person}?
Do you know {person}?
Who is {person}?
Who should I call? {full}
Can you forward this to {person}?
Please contact {full} at {phone}.
Contact {full} ({email}) for the {noun}.
Contact: {full}, {phone}, {email}
You can reach {person} on {phone} or {email}.
Call {person} at {phone} after {time}.
Email {person} at {email}.
{full} <{email}>
From: {full} <{email}>
To: {full} <{email}>; {full} <{email}>
Cc: {full}, {full}
From: {full}\\nTo: {full}\\nSubject: {Thing}
On {date}, {full} wrote:
> {first} wrote:
@{first} can you {verb} this?
cc {first} {last}
Assigned to {full}
Reporter: {full}
Reviewed by {full}
Signed: {full}
Witness: {full}
Author: {full}
by {full}
Attendees: {full}, {full}, {first}
Name: {full}
Name: {reversed}
Full name: {full}\\nAddress: {address}\\nCity: {city}\\nCountry: {country}
First name: {first}\\nLast name: {last}
Customer name: {full}
Customer: {full}, account {id}
Account holder: {full}, IBAN {iban}
Cardholder {full}, card {card}
Card number {card} belongs to {full}.
The name on the card is {full}.
In the name of {full}.
I want to book a table for {n} under {last}.
A reservation for {full}, {date}.
{reversed}
{reversed}; {reversed}; {reversed}
1. {full}\\n2. {full}\\n3. {full}
- {full}\\n- {full}
* {full} ({firm})
| {full} | {email} | {city} |
| Name | City |\\n|---|---|\\n| {full} | {city} |
{full},{email},{phone},{city}
{n},{first},{last},{email},{city},{country}
id,name,city\\n{n},{full},{city}\\n{n},{full},{city}
{first}\\t{last}\\t{firm}
"{last}","{first}","{address}"
{"name": "{full}", "city": "{city}"}
{"firstName": "{first}", "lastName": "{last}", "company": "{firm}"}
{"customer": {"name": "{full}", "address": "{address}"}}
"first_name": "{first}", "last_name": "{last}"
"author": "{full}"
name: {full}
user.name = "{full}"
customer={full}; city={city}
<name>{full}</name><city>{city}</city>
{first}: hey, did you see the {noun}?
{first}: yes\\n{first}: ok, see you at {time}
[{time}] {first}: {verb} it please
{first} here. The {noun} is {adj}.
This is {person} speaking.
This is {person} calling from {firm}.
It's {first} again.
Its {first} from the {noun} team
i'm {first} and i can't {verb} my {thing}
im {full}, order {id}
who are you? im {first}
tell {first} to {verb} it
ask {first} about the {noun}
did {first} get the {noun}?
{first} said no
where is {first}?
is {first} there?
Where does {person} live?
What's {poss} phone number?
What is {poss} e-mail address?
{poss} {noun} is {adj}.
{poss} address is {address}.
I saw {poss} {noun} in {city}.
{poss} wife {first} is a {job}.
{first}'s brother {first} is in {city}.
The {noun} belongs to {person}.
A letter to {full}
A tribute to {full} was held in {city}.
In memory of {full}
The book by {full} is {adj}.
A film by {full} and starring {full}.
{full} won the prize in {date}.
{full} scored {n} goals against {country}.
{full} was elected {title} of {city}.
{titled} visited {country} on {day}.
{titled} and {titled} signed the {noun}.
{title} {last} said so.
Interview with {full}, {job} at {firm}
Photo: {full}/{firm}
{full} is {nat}, but lives in {country}.
I'm {nat} but live in {city}.
I'm from {country}.
I come from {city}, {country}.
We are flying from {city} to {city} on {day}.
I'll be in {city} next {month}.
How is the weather in {city}?
What time is it in {cityState}?
I was born in {cityState}.
She grew up in {city}, {region}.
They moved from {country} to {country}.
He studied in {city} and {city}.
The {noun} in {city} is {adj}.
The capital of {country} is {city}.
Our {city} office is closed on {day}.
We deliver to {country}, {country} and {country}.
Elections were held in {country}.
{city} is a {adj} city in {country}.
{city}, {date}
{city} ({country}) – The {noun} was {adj}.
People in {region} {verb} a lot.
The {country} national team won.
In {country}, {adj} {noun}s are common.
My passport was issued in {country}.
I lost my {thing} in {city}.
I once lived at {address}. I now live at {address}
My zip code is {n}, I live in {cityState}.
Please change the address on my account to {address}, my name is {full}.
I'm {full}, born {date}, SSN {ssn}, and I live at {address}.
{full}, SSN {ssn}, {address}
Tenant: {full}, {address}, rent {money}
Landlord: {titled}, {phone}
Guest {full} arrives on {date} at {time}.
Passenger: {reversed}, flight {id}
Employee {full} ({id}) reports to {full}.
{full} reports to {first}.
Please give {first} access to the {thing} repo.
{first} merged the pull request.
{first} fixed it in {id}.
Ping {first} or {first} on Slack.
Let's invite {first}, {first} and {person}.
{first}, could you {verb} this by {day}?
Great work, {first}!
Happy birthday {first}!
Congratulations {first} and {first}!
Welcome {first}!
Good morning {first},
See you tomorrow, {first}.
Love, {first}
Yours, {first}
P.S. {first} says hello.
{first} {last}
{full}
{full} - {job}
{full}, {job}
{full} | {firm}
{job}: {full}
Managing director: {full}, registered in {city}
CEO {full} said {noun}s are {adj}.
{firm} CEO {full} resigned.
{firm} chief executive {full} said on {day} the {noun} would {verb}.
Our lawyer, {full} of {firm}, will be there.
Judge {last} ruled in favour of {firm}.
{full} v. {firm}
{last} et al., {n}
({last}, {n})
Professor {last} teaches in {city}.
Coach {last} was {adj}.
Mr {last} and Mrs {last} are away.
The {last} family lives on {road}.
The {last}s are on holiday in {country}.
Nurse {first} was very kind.
Uncle {first} and aunt {first} came from {city}.
Grandma {first} makes {adj} {noun}s.
King {first} of {country}
Write an email to {full} about the {noun}.
Write a letter from {full} to {titled} at {firm}.
Summarise the meeting between {full} and {full}.
Translate: "{first} goes to the {noun}."
What do you know about {full} from {city}?
Draft a contract between {full}, {address}, and {firm}, {address}.
Rewrite this: {full} has been with {firm} since {date}.
Compose a poem for {first} and {first}.
Create a profile for {full}, {n} years old, {job} in {city}.
Find all e-mails {first} sent to {first}.
Is {full} still at {firm}?
Transfer {money} from {full} to {full}, IBAN {iban}.
I, {full}, hereby {verb} the {noun}.
This agreement is made between {full} and {full}.
We, {firm}, confirm that {full} worked here until {date}.
The undersigned, {full}, residing at {address}, declares the {noun}.
Mr {first} {last} of {address}
Emergency contact: {full} ({relative}), {phone}
Next of kin: {full}
Beneficiary: {full}, {address}
Doctor: {titled}, {firm}
Insured: {full}, policy {id}
Driver {full}, plate {id}
Suspect {full}, {n}, of {road}, was arrested in {city}.
Police said {full} was last seen on {road}.
{full} pleaded guilty on {day}.
The funeral of {full} is at {firm}, {street}.
Meet me at {firm} on {road}.
Their warehouse on {street} burned down.
My mom {first} and dad {first} live in {city}.
I can't find {first}'s {noun}
Has anyone seen {first} {last}?
{first} ({email}) asked for a {noun}.
User {full} logged in from {ip}.
Login of {full} from {city} ({ip})
Ticket {id}: {full} can't {verb} the {thing}.
Customer {full} called on {date} about {thing}.
Spoke to {first}, she wants a refund of {money}.
{full} has a {adj} {noun}, {firm} pays.
My card {card} was stolen, I'm {full}.
How do I change my address? I moved from {city} to {address}.
I need to add {person} as guardian of my child.
Remove {full} from my account {id}, please.
{person}'s date of birth is {date}.
Please tell me {poss} date of birth.
When is {poss} birthday?
The {firm} orchestra was founded in {n}.
I love {firm}!
{firm} customer service is {adj}.
I bought it at {firm} in {city}.
{firm}, {address}
{firm}\\n{address}\\n{phone}\\n{url}
visit us at {address} or {url}
Return to: {firm}, {address}
Venue: {firm}, {street}, {city}
Hotel {Noun}, {address}
Address: {address}
address = "{address}"
"address": "{street}", "city": "{city}"
"street": "{street}"
addr: {street}
Street: {street}\\nCity: {city}\\nState: {region}\\nZip: {n}
Lives: {address}
Location: {city}, {country}
Location: {cityState}
Country: {country}
City: {city}
From {city} with love
/* {full} <{email}>, {year} */
// {first}: {verb} the {noun}; {adj} {noun}s {verb}.
# {full} ({email}) {verb}ed the {noun}; {noun}
// TODO({first}): {verb} {noun}
/* Thanks to {full} for the {noun}. */
char *{noun} = "{full}";
$customer->{noun} = '{full}';
INSERT INTO {noun} (name, street, city) VALUES ('{full}', '{street}', '{city}');
  { id: {n}, name: "{full}", address: "{address}" },
{noun} = [{"owner": "{full}", "town": "{city}"}]
<{noun} name="{full}" city="{city}"/>
<address>{address}</address>
expect({noun}.name).toBe('{full}');
print("Hello {first}")
export {noun}="{full}"
contact={full};phone={phone};{noun}={n}
=head1 AUTHOR\\n\\n{full} <{email}>
=item * {full}\\n\\n=item * {full}
 *    {full}, <{email}>
Maintainer: {full} <{email}>`
  .split('\n')
  .map((line) => line.replaceAll('\\n', '\n').replaceAll('\\t', '\t'));

/** Other languages, fewer: what announces a name there has the same word class as in English. */
export const foreign = `Ich heiße {full} und wohne in {city}.
Mein Name ist {full}.
Sehr geehrter Herr {last},
Sehr geehrte Frau {last},
Liebe {first},
Hallo {first}, wie geht es dir?
Mit freundlichen Grüßen\\n{full}
Meine Adresse ist {address}.
Ich wohne in der {address}.
{full} arbeitet bei {firm} in {city}.
Bitte senden Sie das Paket an {full}, {address}.
Herr {last} und Frau {last} kommen aus {city}.
Mein Mann {first} kommt aus {city}.
Je m'appelle {full} et j'habite à {city}.
Bonjour {first},
Cher Monsieur {last},
Madame {last} habite {address}.
Mon adresse est {address}.
{full} travaille chez {firm}.
Merci {first} !
Me llamo {full} y vivo en {city}.
Hola {first}, ¿cómo estás?
Mi nombre es {full}.
Estimado señor {last}:
La señora {last} vive en {address}.
Mi dirección es {address}.
Mi esposa {first} es de {city}.
Mi chiamo {full} e vivo a {city}.
Ciao {first},
Il signor {last} abita in {address}.
Il mio indirizzo è {address}.
Ik heet {full} en woon in {city}.
Beste {first},
Mijn naam is {full}.
Mijn adres is {address}.
Meu nome é {full} e moro em {city}.
Olá {first}, tudo bem?
O meu endereço é {address}.
O senhor {last} vive em {city}.`
  .split('\n')
  .map((line) => line.replaceAll('\\n', '\n'));
