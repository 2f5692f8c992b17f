/**
 * Lines of programs in several languages, drawn from what the languages' manuals show: keywords, sigils, calls, options,
 * constants. Nobody is named in them.
 */
export const programs = `local {Acronym} {CONST}
local {noun}="$1"
if [ "\${CONST}" -ne {n} ]; then
if [ -z "$\{CONST}" ] || [ $# -lt {n} ]; then
while getopts "{short}:" {short}; do
case "$1" in\\n  {verb}) {verb}_{noun} ;;\\n  *) exit {n} ;;\\nesac
trap "rm -f $\{CONST}" {n} HUP INT QUIT TERM
test {n} -{short} "\${short}" && {short}=$(expr {n} + $\{short})
cat >&2 "\${{CONST}}/{noun}.log"
echo "Usage: $0 [-{short}] [{CONST}]..."
export {CONST}={noun}
{CONST}={Shout} {CONST}="\${CONST}"
grep -{short} "^{noun}" /etc/{noun}.conf | cut -d: -f{n}
set -e
fi
done
; then\\n\\t{verb} "$\{CONST}"
apt-{noun} {verb} {noun}
{verb}_{noun} () {\\n\\tlocal {CONST}="$2"\\n}
my $\{noun} = shift;
my \${noun} = bless {}, $class;
return bless \\\\(my $\{short}), $class;
our @{CONST} = qw({noun} {noun});
use {Noun}::{Noun};
package {Noun}::{Noun};
sub {short}_{noun} { my ($self, %{noun}) = @_; }
{Noun}::{verb}("{noun}: \${noun}");
die "{noun} is {adj}" unless ref $\{noun};
=head2 {Noun} {noun}
=item {verb}
C<{noun}> {verb}s the L<{noun}|{Noun}>.
The C<{verb}> function {verb}s.
if ($\{noun} =~ /^{noun}/) { push @{noun}, $1; }
__END__
#define {CONST} {n}
#define {CONST}\\t{n}\\t/* {Noun} {noun} */
#define {CONST}\\t{n}\\t/* {Noun} {Noun} {id} */
#define {CONST}({short}, {short}) {short}_{noun} ({short}, {short})
# define {CONST} {Shout}
#ifdef {CONST}\\n#include <{noun}/{noun}.h>\\n#endif
#if defined {CONST} && !defined {Shout}
extern int {noun}_{verb} (const char *__{short}, size_t __{short}) __THROW;
typedef struct {noun} {Noun}_t;
struct {noun} *{short} = NULL;
static inline void {verb}_{noun}(struct {noun} *{short})
  {CONST} = {n},\\n  {Shout} = {n},
/* {Verb} the {noun} in {short}; {CONST} is {adj}. */
/* Like {CONST}, but {verb}s {adj} {noun}s. */
/* {Acronym} {noun} {n}-bit {noun} */
\\t\\t/* {Adj} {noun} */
{CONST} | {Shout} | {CONST}
for (int {short} = 0; {short} < {n}; {short}++) {
switch ({short}) {\\ncase {CONST}:\\n  break;
std::vector<{Noun}> {short};
def {verb}_{noun}(self, {short}, *args):
    """{Verb} the {adj} {noun}."""
class {Noun}{Noun}({Noun}):
    raise {Noun}Error('{noun} {adj}')
if {short} is None or {short} == {n}:
for {short}, {short} in {noun}.items():
    {short} = len({noun})
del {short}
    del {noun}[{short}]
elif not {short}:
    if {short} != {short}:
from {noun}.{noun} import {Noun}, {verb}
import {short}, {short}
>>> {noun} = {Noun}('{noun}')
...     {CONST} = {n}
{Noun} = Enum('{Noun}', '{CONST} {Shout}')
    {CONST}: {Shout},
_{CONST} = [None, "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
US/Eastern, Europe/{Noun} and UTC
@property
lambda {short}: {short}.{noun}
# {Verb} the {noun}; {short} is {adj}.
# {CONST}: {adj} {noun}
# NOTE: {noun}s {verb} {CONST}
// {Verb}s {short} unless {CONST} is {adj}.
func ({short} *{Noun}) {Verb}({short} {Noun}) error {
if err := {short}.{Verb}({noun}); err != nil {
var {short} = map[string]{Noun}{}
pub fn {verb}(&self, {short}: &{Noun}) -> Option<{Noun}> {
let mut {short} = {Noun}::new();
impl {Noun} for {Noun}<T> {
match {short} { {Noun}::{Noun} => {n}, _ => {n} }
public static final {Noun} {CONST} = new {Noun}({n});
private {Noun}<{Noun}> {noun};
@Override\\npublic void {verb}{Noun}({Noun} {short}) {
throw new {Noun}{Noun}Exception("{noun}");
at com.{noun}.{noun}.{Noun}{Noun}.{verb}({Noun}{Noun}.java:{n})
using {Noun}.{Noun};
var {short} = await {Noun}.{Verb}Async({short});
foreach ($\{noun} as $\{short}) { echo $\{short}['{noun}']; }
<?php namespace {Noun}\\\\{Noun};
def {verb} = @{noun}.each { |{short}| {short}.{verb} }
attr_reader :{noun}, :{noun}
end
SELECT {noun}, COUNT(*) FROM {CONST} GROUP BY {n};
CREATE TABLE {noun} ({noun}_id INT NOT NULL, {noun} VARCHAR({n}));
{Noun}: {noun} ({Acronym})
FROM {noun}:{n} AS {noun}\\nRUN {verb} -{short} {noun}\\nENV {CONST}={n}
.PHONY: {noun}\\n{noun}: {noun}.o\\n\\t$(CC) -{short} $< -o $@
CFLAGS="-g -O2 -W{noun} -Werror={noun}-{noun} -D{CONST}"
This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public License
the GNU Lesser General Public License as published by the Free Software Foundation; either version {n} of the License, or (at your option) any later version.
You should have received a copy of the GNU Lesser General Public License along with the {Noun} Library; if not, see
Licensed under the Apache License, Version {n}.0 (the "License"); you may not use this file except in compliance with the License.
but WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the
The above copyright notice and this permission notice shall be included in all copies of the Software.
SPDX-License-Identifier: {Acronym}-{n}-Clause
U+{hex}   {Shout} {Shout} WITH {Shout} {Shout}
{Shout} {Shout} {Shout}, {Shout} {Shout}
{Shout} {Shout} {Shout} {n}
{Type} *{short} = ({Type} *) {short};
{Type} *{Type}_{Verb}({Type} *{short});
extern {Type} *{verb}({Type} *{short}, {Type} *{short});
    {Type} *\\nPy{Type}_{Verb}({Type} *{short})
bool is{Noun}(const {Type} &{Val}) const;
  {Type} {verb}{Noun}({Type} {Val}, const {Type} &{Val},
                 {Type} {Val}, {Type} *{Val}) const override {
  {Type} get{Noun}({Type} {Val}) const { return {Val}; }
  return {Val} == {Val}.{Val} && {Val}->{Val} == {Val};
  for ({Type} {Val} = {Val}({Val}, {Val}); {Val}.isValid(); ++{Val}) {
  {Val}.{verb}({Val}, {Val}.{short});
  {Val}({Val}, {Val}, {Val}) {}
      : {Val}({Val}), {Val}({Val}), {Val}({Val}) {
  {Val},\\n  {Val}{Noun},\\n  {Noun}{Val},\\n  {Noun},
  if (!{Val} || {Val}->{verb}({Val}))\\n    return false;
  auto *{Val} = cast<{Type}>({Val});
struct {Type} {\\n  {Type} *{Val};\\n  unsigned {Val};\\n};
class {Type} : public {Type} {\\npublic:\\n  {Type}({Type} {Val});
  friend class {Type};
typedef unsigned long {Type};
unsigned long long {short};
    unsigned {short} long {short};
GLAPI void APIENTRY gl{Noun}( {Type} {noun}, {Type} {noun}, {Type} {adj} );
#define GL_{CONST}\\t\\t0x{Code}
#define {CONST} 0x{Code}L
#undef {Val}
/// {Verb} {Val} if {Val} is {adj} by {Val}.
/// If \\\\p {Val} is {adj}, {Val} {verb}s the {Val} {noun}.
  /// {Val} - {Adj} {noun} of the {Val}. {Val} instructions {verb}.
// {Verb} the {Val} {noun}. The {Val} {verb}s {Type}s and {Val}.
/** {n}: {Noun} indicating {adj} {noun}. */
   *     {Noun} of {Acronym} {n}-{n} (with {noun}s).
 * @{short}:\\t{Noun}/{verb} {noun} of this {Acronym} {noun}
 * {Verb} N {noun}s of S.  */
 *    {Adj} {Noun}/{Noun} "{noun}" {noun}
    /* {Verb}. {noun} of {noun}s */
        /* {Noun}. {Verb} not {verb} {noun} */
enum { {Val}, {Val}, {Val} };
"{CONST}", "{CONST}", "{CONST}", "{CONST}",
        "{CONST}",\\n        "{CONST}",\\n        "{CONST}",
\\t{CONST} {CONST} {CONST} {CONST}\\n\\t{CONST} {CONST}
{CONST}, {CONST}, {CONST}, {CONST}, {CONST}
{Code}\\t{Code}\\t{Script}
{Code}\\t\\t{Script}
{Code}\\t{Code}\\t{Script}\\n{Code}\\t{Code}\\t{Script}\\n{Code}\\t\\t{Script}\\n{Code}\\t{Code}\\t{Script}
{n}\\t{n}\\t{Script}\\n{n}\\t{n}\\t{Script}\\n{n}\\t\\t{Script}
{Code}\\t\\t{Noun}\\n{Code}\\t{Code}\\t{Noun}\\n{Code}\\t\\t{Adj}\\n{Code}\\t{Code}\\t{Adj}_{Noun}
{n}\\t\\t{Noun}\\n{n}\\t{n}\\t{Adj}\\n{Code}\\t\\t{Noun}
{Code}\\t{Code}\\t{Val}\\n{Code}\\t\\t{Val}\\n{Code}\\t{Code}\\t{Val}
{Code}..{Code}    ; {Script} # {SCRIPT} {Shout} {SCRIPT} {Shout}
{Code}      ; [.{Code}.0020.0002] # {SCRIPT} SMALL LETTER {Shout}
{Code} {Code} ; [.{Code}.0020.0008][.0000.{Code}.0002] # {SCRIPT} CAPITAL LETTER {Val} WITH {Shout}
{Code}      ; [.{Code}.0020.0002] # <{SCRIPT} LETTER {Val}, {SCRIPT} VOWEL SIGN {Val}>
{SCRIPT} SMALL LETTER {Val} WITH {Shout} AND {Shout}
{SCRIPT} CAPITAL LETTER {Shout}; {SCRIPT} SIGN {Val}
"\\\\x{{Code}}\\\\x{{Code}}", # U+{Code} => {Code}
=item B<{Noun}>\\n\\nB<{Noun}> {verb}s a {noun}.
=item I<{Noun}>, I<{Noun}> {Noun}
=head1 {Shout} {Shout}\\n\\nSee L<{Noun}::{Noun}> or L<{noun}(1)>.
In {Thing} v{n}.{n} the {noun} is {adj}.
local $_ = shift; @{CONST} = qw({CONST} {CONST});
goto &{{verb}_{noun}};
    $({CONST}) $({CONST}) -{short} {CONST}.{short} {CONST}/{Noun}
for file in {Noun}.in {Noun}.am; do
# Provides:          {noun}\\n# Required-Start:    {noun}\\n# Default-Stop:      0 1 6\\n# Short-Description: {Verb} {noun}
    sed -e '\\n{short}\\nn\\nb{short}\\n:{short}\\n'
    --{noun} | --{short} | -{short})
    {Noun}) {noun}={Noun};;
# {Verb} {noun}s into {Noun} and {noun}.c, based on the {noun}.
# {Noun} {n} and {Thing} version of {Noun} {n} {verb} {noun}s
echo "Running {noun}..."\\n{noun}
        s%^[ \\t]*{short}%%\\n        b{short}
 Su Mo Tu We Th Fr Sa\\n Mo Tu We Th Fr Sa Su
/****    {Val} {Val} {Val} {Val}   {Val} {Val}    ****/
# TODO: {verb} {Noun} {noun}. {Verb} it!
PEP {n} {Adj}-{noun} {Noun} API
static PyObject *\\n{noun}_{verb}(PyObject *self, PyObject *args)`
  .split('\n')
  .map((line) => line.replaceAll('\\n', '\n').replaceAll('\\t', '\t'));
