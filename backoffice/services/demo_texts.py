"""What the demonstration's courses say of themselves on the public site: the spreadsheets do not say it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A course as its page tells of it."""

    description: str
    outcomes: tuple[str, ...]
    syllabus: tuple[str, ...]


# The code of a type -> its title.
TYPE_TITLES = {
    "EFAW": "Emergency first aid",
    "FAW": "First aid at work",
    "FAW-R": "Requalification",
    "Paediatric": "First aid for children",
    "CPR": "Resuscitation",
    "Refresher": "Refresher",
    "MHFA": "Mental health",
    "Awareness": "Awareness",
    "Oxygen": "Oxygen therapy",
    "Activity": "First aid outdoors",
    "Handling": "Manual handling",
    "Junior": "For young people",
    "Coding": "Coding",
    "Security": "Security",
    "Design": "Design",
}

TOLD: dict[str, Told] = {
    "emergency-first-aid": Told(
        "One day for workplaces with few risks: offices, shops, small teams. You practise on manikins most of the day,"
        " with no more than twelve people in the room.\n"
        "You leave with a certificate that is valid for three years.",
        (
            "Assess an incident and act safely",
            "Help a casualty who is unresponsive and breathing",
            "Give CPR and use a defibrillator",
            "Help a casualty who is choking, bleeding, burned or in shock",
            "Record an incident at work",
        ),
        (
            "The first aider's part, and safety at the scene",
            "Unresponsive casualties and the recovery position",
            "CPR and the defibrillator, with practice for everybody",
            "Choking, seizures and shock",
            "Wounds, bleeding and minor injuries",
            "Practical assessment",
        ),
    ),
    "first-aid-at-work": Told(
        "Three days for the first aiders of larger or riskier workplaces: factories, building sites, kitchens, schools.\n"
        "Besides all of the emergency course you learn to recognise serious illness and to look after injuries until"
        " the ambulance comes. Each day ends with scenes that you work through in small groups.",
        (
            "Assess an incident and act safely",
            "Give CPR and use a defibrillator",
            "Help with fractures, head and spinal injuries",
            "Recognise heart attack, stroke, asthma, diabetes, epilepsy and anaphylaxis",
            "Help with burns, poisoning, eye injuries and bleeding",
            "Record an incident at work",
        ),
        (
            "Day 1: safety, unresponsive casualties, CPR and the defibrillator",
            "Day 1: choking, bleeding and shock",
            "Day 2: fractures, sprains, head and spinal injuries",
            "Day 2: burns, chemicals, eyes and poisoning",
            "Day 3: sudden illness, from asthma to stroke",
            "Day 3: scenes in small groups and the assessment",
        ),
    ),
    "first-aid-at-work-requalification": Told(
        "Two days for everybody whose First Aid at Work certificate is about to end. Come before its last day: afterwards"
        " the full course is needed again.\n"
        "We go over everything, and what changed since you learned it.",
        (
            "Refresh every skill of the full course",
            "Know what has changed in the guidelines",
            "Run a scene as the first aider in charge",
        ),
        (
            "What changed, and what people forget first",
            "CPR, defibrillator and choking, with practice",
            "Injuries and bleeding",
            "Sudden illness",
            "Scenes and the assessment",
        ),
    ),
    "paediatric-first-aid": Told(
        "Two days for nurseries, childminders and parents, to the content that early-years settings are asked for.\n"
        "Everything is practised on baby and child manikins.",
        (
            "Assess an emergency with an infant or a child",
            "Give infant and child CPR and use a defibrillator",
            "Help an infant or a child who is choking",
            "Recognise meningitis, febrile seizures, croup and anaphylaxis",
        ),
        (
            "How children differ from adults in an emergency",
            "CPR and defibrillator for infants and children",
            "Choking",
            "Bumps, burns, bleeding and broken bones",
            "Fever, seizures, asthma, allergy and diabetes",
            "Keeping records and talking to parents",
        ),
    ),
    "emergency-paediatric-first-aid": Told(
        "One day with the emergencies that frighten most: a baby that does not breathe, a child that chokes.\n"
        "Made for parents, grandparents, childminders and staff who are not the named first aider.",
        (
            "Give infant and child CPR",
            "Help an infant or a child who is choking",
            "Help with bleeding, burns and head injuries",
            "Know when to call 999 and what to say",
        ),
        (
            "Safety and calling for help",
            "CPR for infants and children",
            "Choking and seizures",
            "Bleeding, burns, bumps to the head",
        ),
    ),
    "cpr-and-aed": Told(
        "Three hours in which nobody sits still. You practise until your hands know the rhythm, and use the same"
        " defibrillator that hangs in stations and shops.",
        (
            "Recognise cardiac arrest within seconds",
            "Give chest compressions that count",
            "Use a defibrillator without fear",
        ),
        ("Recognising cardiac arrest", "Compressions and breaths", "The defibrillator", "Working as two"),
    ),
    "annual-first-aid-refresher": Told(
        "Three hours each year keep your hands sure between two certificates. Bring your certificate of Emergency First"
        " Aid at Work.",
        ("Practise CPR and the recovery position again", "Know what changed this year"),
        ("CPR and defibrillator", "Choking and bleeding", "News from the guidelines"),
    ),
    "mental-health-first-aid": Told(
        "Two days about listening. You learn to notice that somebody is not well, to begin the conversation, and to know"
        " where your part ends.\n"
        "For managers, teachers and everybody whom others turn to.",
        (
            "Notice early signs of anxiety, depression and self-harm",
            "Begin a conversation and listen without judging",
            "Lead somebody to professional help",
            "Look after yourself",
        ),
        (
            "What mental health is, and what stands in the way of talking",
            "Anxiety, depression, self-harm",
            "Listening, with practice in pairs",
            "Crisis, and whom to call",
            "Your own limits",
        ),
    ),
    "anaphylaxis-awareness": Told(
        "Half a day for schools, kitchens and sports clubs: what a severe allergy looks like, and what to do in the"
        " first five minutes. Everybody practises with trainer pens.",
        ("Recognise anaphylaxis", "Use an adrenaline pen", "Keep people with allergies safe day by day"),
        (
            "What happens in the body",
            "Signs, from rash to collapse",
            "Adrenaline pens, with practice",
            "A plan for your place",
        ),
    ),
    "oxygen-therapy": Told(
        "For divers, dental practices and first-aid teams that keep a cylinder. You handle the set yourself, from the"
        " valve to the mask.",
        ("Check, open and close an oxygen set", "Choose the mask and the flow", "Store cylinders safely"),
        (
            "When oxygen helps and when it harms",
            "The set and its parts",
            "Giving oxygen, with practice",
            "Storing and recording",
        ),
    ),
    "activity-first-aid": Told(
        "Two days, most of them outdoors, for leaders of walks, climbs, paddles and camps: help is far, the weather is"
        " what it is, and the rucksack holds what it holds.",
        (
            "Look after a casualty where no ambulance comes soon",
            "Improvise splints and shelters",
            "Treat cold, heat and altitude",
            "Call mountain rescue and guide it in",
        ),
        (
            "Safety and priorities outdoors",
            "CPR, bleeding and shock with what is there",
            "Fractures and carrying",
            "Cold, heat, water, lightning",
            "A long scene in the woods",
        ),
    ),
    "manual-handling": Told(
        "Half a day in which your team learns to lift with its head first. We come with loads to practise on, or use your"
        " own.",
        (
            "Judge a load before touching it",
            "Lift, carry and lower without harm",
            "Know your duties and your employer's",
        ),
        (
            "Why backs give way",
            "Looking at the task, the load, the place",
            "Lifting alone and in pairs",
            "Your own workplace",
        ),
    ),
    "junior-life-savers": Told(
        "Two lively hours for children from eight: how to call for help, how to put a friend on the side, how to push on a"
        " chest. Parents are welcome to watch.",
        (
            "Call 999 and say what is needed",
            "Put somebody into the recovery position",
            "Try CPR on a manikin",
        ),
        (
            "Being safe first",
            "Calling for help",
            "The recovery position",
            "Pushing on a chest: the song helps",
        ),
    ),
    "web-basics": Told(
        "Two days from an empty page to a small site that is online. No experience needed; bring a laptop, we have a few"
        " to lend.",
        ("Write pages in HTML and style them", "Make them fit a telephone", "Put a site online"),
        (
            "Day 1: pages, links, pictures",
            "Day 1: styles and layout",
            "Day 2: small screens",
            "Day 2: a first script, and going online",
        ),
    ),
    "python-data": Told(
        "Three days for people who live in spreadsheets and have had enough. We work on tables of your own kind: sales,"
        " stock, surveys.",
        ("Read, clean and join tables", "Draw charts that answer a question", "Write tests for an analysis"),
        (
            "Day 1: Python and notebooks",
            "Day 2: tables, from reading to joining",
            "Day 3: charts, tests, your own data",
        ),
    ),
    "cyber-safety": Told(
        "Half a day that keeps a team out of the news. No jargon: real messages, real mistakes, and what to do in the"
        " first hour after one.",
        (
            "Recognise phishing and report it",
            "Choose, keep and change passwords",
            "Protect customers' data at work",
        ),
        (
            "How people are tricked",
            "Passwords and second factors",
            "Customers' data",
            "The first hour after a mistake",
        ),
    ),
    "design-sprint": Told(
        "One day, one question, one prototype that people have tried by five o'clock. For teams of three to five.",
        ("Agree on the question that matters", "Sketch and choose", "Test a prototype with people"),
        ("Morning: the question and the sketches", "Noon: choosing", "Afternoon: prototype and five tests"),
    ),
}
