//! The many wordings in which people ask for and tell what is private, and ordinary talk that
//! sounds like them. What has to go stands in braces.

use super::talk;

/// Placeholders and what stands in braces as one sign.
fn starred(text: &str, open: char, close: char) -> String {
    let mut out = String::new();
    let mut within = false;
    for c in text.chars() {
        match c {
            _ if c == open => {
                within = true;
                out.push('*');
            }
            _ if c == close => within = false,
            _ if !within => out.push(c),
            _ => {}
        }
    }
    out
}

fn check(talks: &str) {
    let mut wrong = String::new();
    for line in talks.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let out = talk(&[], &line.replace(['{', '}'], ""));
        if starred(line, '{', '}') != starred(&out, '[', ']') {
            wrong += &format!("{line}\n{out}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn security_codes_in_many_words() {
    check(
        "
        A: and the three numbers on the signature strip | C: it's {417}
        A: and the CV two | C: {417}
        A: turn the card round there's a group of three digits | C: okay {902}
        A: and the last three numbers on the back of your card | C: {five five one}
        A: and your card's verification number | C: {551}
        A: see vee vee | C: {eight oh three}
        A: the small four digit number printed on the front | C: {four eight two one}
        C: and the back says {737}
        C: CVV {737}
        A: what about the three at the back | C: {seven three seven}
        A: the verification digits please | C: {six two nine}
        A: could I trouble you for the last three digits on the strip | C: {six two nine}
        A: And the code? | C: {629}.
        A: can you see three numbers on the signature bar | C: yes {two one four}
        A: And the code? | C: What code? | A: On the back, three digits. | C: Oh. {737}.
        A: I have {737} as the security code
        C: the security code I've got here is {seven three seven}
        A: just the last bit on the back of the card now | C: {seven three seven}
        A: what's printed beside the signature | C: {seven three seven}
        A: and the card's security digits | C: {seven three seven}
        ",
    );
}

#[test]
fn expiry_dates_in_many_words() {
    check(
        "
        A: and valid thru | C: {08 27}
        A: what does it go up to | C: {oh eight twenty seven}
        A: the valid to date | C: {oh eight twenty seven}
        A: And the expiry? | C: {08/27}.
        A: What's the exp? | C: {11 26}.
        A: what's the expiry month and year on that | C: {november twenty six}
        A: does it have an expiry | C: yes {eleven slash twenty six}
        A: good through date | C: {11 26}
        C: expiring {november of twenty six}
        C: it runs out in {november twenty twenty six}
        C: it's good through to {november twenty six}
        A: and when does that one expire | C: uh let me see {five thirty}
        C: it's a new one good until {08/27}
        A: and the exp date on that | C: {eight slash twenty seven}
        A: the card we have expires {08/27} is that the same
        C: the card's good through {august of twenty seven}
        A: and the month and year on the front | C: {zero eight two seven}
        ",
    );
}

#[test]
fn passcodes_and_secret_words_in_many_words() {
    check(
        "
        A: what's your telephone password | C: {bluebird}
        A: do you have a password set up | C: yeah it's {bluebird}
        A: first and third digits of your passcode please | C: {four and nine}
        A: your secret word please | C: {marmalade}
        A: And your phrase? The security phrase. | C: {Purple elephant}.
        A: enter or say your pin | C: {4927}
        A: you should have received a text with a code | C: yes {four eight one nine two zero}
        A: i've sent a verification text to your mobile read it back | C: {four eight one nine two zero}
        A: what number is showing on the app | C: {481920}
        A: did you get the code in your email | C: got it {481920}
        C: it says {481920}
        C: my pin number should be {four nine two seven}
        C: the password I use is {bluebird}
        C: password {bluebird99}
        C: it won't take my PIN {4927}
        A: read me what just came through on your phone | C: {481920}
        C: I reset my password to {bluebird99}
        C: I tried {bluebird99} as the password
        A: which password did you use | C: {bluebird}
        A: I need the account password before I go on | C: it'll be {bluebird}
        A: first question what's your mother's maiden name | C: {pemberton}
        A: pin? | C: {four nine two seven}
        ",
    );
}

#[test]
fn email_addresses_in_many_words() {
    check(
        "
        A: what's your email | C: {john dot smith at gmail dot com}
        A: and the e mail | C: {j s m i t h at hotmail dot com}
        C: you can reach me at {john.smith@gmail.com}
        C: it's my {full name john smith at icloud dot com}
        A: could you spell your email out | C: {m a r y j at sky dot com}
        ",
    );
}

#[test]
fn names_in_many_words() {
    check(
        "
        A: who am i talking to | C: {priya sharma}
        A: what do i call you | C: {declan}
        A: what name is it | C: {rajesh kumar}
        A: account holder's name | C: {rajesh kumar}
        A: and surname | C: {ackroyd}
        A: is this {wendy} | C: yes it is
        A: you're through to {tracy} how can i help
        C: hello {wendy ackroyd} here
        C: myself {rajesh kumar}
        C: name {rajesh kumar}
        C: I go by {raj}
        C: it's in the name of {sunita kumar}
        C: my husband's name is {colin}
        C: on behalf of my mother {edna ackroyd}
        C: a girl named {tracy} said
        C: and you are | A: {kevin}
        C: first name {wendy} last name {ackroyd}
        A: lovely {wendy} thank you
        A: have a good day {wendy}
        A: what's the name of the patient | C: {edna ackroyd}
        A: next of kin | C: {gavin ackroyd}
        A: the account shows {gavin ackroyd}
        ",
    );
}

#[test]
fn ordinary_talk_that_sounds_alike_stays() {
    check(
        "
        C: Can I pick it up myself? | A: Yes, the depot is open from eight to six.
        A: What is the security code? | C: I do not have it here. | A: Yes, the depot is open from eight to six.
        A: That's the right one. | A: The card ends in 4838, and the last payment was $207.42.
        C: Does the app have the same password? | A: Yes, it's the same one. | A: The left one is what counts here.
        A: The new password needs twelve signs, and one of them has to be a number.
        A: When does the card expire? | C: I see. | A: The form has two pages, and the second one is only for businesses.
        C: it says that the password is wrong | A: No problem, I am turning it off now.
        C: my contract expires in november twenty twenty six
        C: the offer is valid until Friday
        A: when does your contract run out | C: june twenty twenty seven
        A: The warranty expires on 05/2027.
        C: what's the code for the discount
        A: use promo code SAVE20 at checkout
        A: the area code is part of it
        C: I get error code 504 | A: okay error 504
        C: that's my name for the project
        C: it's under the name of the company
        A: just sign my name at the bottom
        C: my user name doesn't work
        C: the PIN pad is broken
        A: I'll send you the password reset link
        A: your password must have eight characters
        C: i forgot my password
        A: have you got your card there | C: yes one second
        A: turn it off and on again | C: okay done
        A: what does it say on the screen | C: it says error two one four
        A: what's the light on the back of the router | C: green
        A: there are three lights on the back of the box | C: two of them are green
        A: look at the back of the router what do you see | C: three cables
        A: how many numbers can i have on the plan | C: up to four
        A: what do you call this feature | C: call waiting
        A: who is the supplier | C: British Gas
        A: who is your provider | C: comcast
        A: which school district | C: i don't know
        A: where did you buy it | C: from argos
        A: where were you when it happened | C: at home
        A: what was the name of the product | C: the family plan
        A: what's the name of your company | C: acme plumbing
        A: and how long is your contract | C: twenty four months
        A: how long are you staying | C: two weeks
        A: do you have a code for the sale | C: spring twenty
        A: when does the sale end | C: on the thirtieth
        A: until when are you open | C: until five thirty
        A: what date is good for the delivery | C: may twenty fifth
        A: when will you be home | C: half past five
        C: I was here at eight twenty
        C: it goes to voicemail
        C: it goes up to two hundred megabits
        C: the train goes at eleven twenty six
        A: it runs until eleven twenty
        C: what does the text say exactly
        A: I just sent you a text with the link | C: thanks got it
        A: what number is on the meter | C: four eight one nine two
        A: the meter reading please | C: zero four eight one nine
        A: read me the serial number | C: four eight one nine two zero
        A: your order number please | C: four eight one nine two zero
        A: the reference is four eight one nine two zero | C: okay thanks
        A: what are the last three numbers of the reference | C: two one four
        A: can you see a number on the label | C: four eight one
        A: and the model number on the back of the set | C: 7 4 2 1
        A: it's on the back of the letter | C: oh i see
        A: how much is on the back order | C: three hundred
        A: this is great | C: I'm happy with that
        A: this is regarding your order
        A: it's fine thank you
        A: is that okay | C: yes that's lovely
        A: is that correct | C: it is
        A: is this about a refund | C: yes
        A: okay brilliant | C: okay super
        A: lovely stuff | C: alright then
        A: alright bear with me one moment
        A: thanks again for holding
        C: I spoke to someone in billing
        C: I'm calling on behalf of a client
        C: everyone calls me at work
        C: you can call me tomorrow
        C: can you put me through to sales please
        A: is the manager available
        C: my husband is away
        C: my daughter broke it
        C: it's registered under the company
        A: did you say monday or tuesday | C: tuesday
        A: i've got you down as a new customer
        A: the account shows overdue
        C: hello there | A: hello how can i help
        A: you're through to customer services
        A: name your price | C: twenty dollars
        A: what was your first bill | C: forty dollars
        A: what's your favourite channel | C: discovery
        A: who are you insured with | C: aviva
        A: what's the make and model | C: a ford escort
        A: it takes a month and a year at most | C: okay
        A: your membership is valid to june twenty twenty seven
        A: it says here two of three
        C: the app says 404 not found
        C: the sign on the door says open
        A: what's the number on the front of the house | C: it's fine
        A: it's at the bottom dot com page
        C: go to northwind dot com slash help
        A: please have your security code ready
        A: the word is out | C: right
        A: pick a key word for search
        A: and the answer to that is yes
        ",
    );
}
