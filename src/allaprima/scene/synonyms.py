"""Other names people give to what a drawing shows.

The drawings' own keywords mix names with moods, verbs and lore ("stink" for a skunk), so the captions take
their synonyms from this chosen list, keyed by the drawing's name. Pure data.
"""

from __future__ import annotations

_LIST = """
dog: puppy, pup, doggy, hound
dog face: puppy, dog, pup
cat: kitten, kitty, house cat
cat face: kitten, kitty, cat
black cat: black kitten
rabbit: bunny, hare
rabbit face: bunny, rabbit
mouse face: mouse
cow face: cow
pig: hog, piglet
pig face: pig, piglet
horse face: horse, pony
horse: pony, stallion, mare
tiger face: tiger
monkey face: monkey
fox: red fox, vixen
wolf: grey wolf
bear: brown bear, grizzly
polar bear: white bear
panda: panda bear
baby chick: chick, yellow chick
front-facing baby chick: chick, baby chick
hatching chick: chick in an egg, hatching egg
chicken: hen
rooster: cock, cockerel
duck: mallard
bird: songbird, sparrow
black bird: crow, raven
dove: pigeon, white dove
eagle: hawk, bald eagle
turtle: tortoise
frog: toad
snake: serpent
lizard: gecko
crocodile: alligator
hippopotamus: hippo
rhinoceros: rhino
orangutan: ape
chipmunk: squirrel
moose: elk
llama: alpaca
ewe: sheep, lamb
ram: sheep with horns
ox: bull
water buffalo: buffalo
bison: buffalo
boar: wild pig
donkey: mule
camel: dromedary
two-hump camel: camel
t-rex: dinosaur, tyrannosaurus
sauropod: dinosaur, brontosaurus
dragon face: dragon
spouting whale: whale
whale: blue whale
orca: killer whale
blowfish: pufferfish
tropical fish: colorful fish
lady beetle: ladybug, ladybird
honeybee: bee, bumblebee
cockroach: roach
cricket: grasshopper
spider web: cobweb, web
spiral shell: seashell, shell, conch
worm: earthworm
bouquet: bunch of flowers
blossom: flower, yellow flower
cherry blossom: pink flower, cherry flower
hibiscus: red flower, tropical flower
rose: red rose
deciduous tree: tree, leafy tree, oak tree
evergreen tree: pine tree, fir tree, tree
palm tree: tropical tree, palm
leafless tree: bare tree, winter tree
seedling: sprout, sapling
potted plant: houseplant
four leaf clover: lucky clover
maple leaf: autumn leaf
fallen leaf: autumn leaf
red apple: apple
green apple: apple
tangerine: orange fruit, mandarin
blueberries: berries
strawberry: berry
melon: cantaloupe
eggplant: aubergine
ear of corn: corn, maize
hot pepper: chili pepper, red pepper
bell pepper: pepper
brown mushroom: mushroom
mushroom: toadstool
leafy green: lettuce
cucumber: pickle
hamburger: burger, cheeseburger
french fries: fries, chips
hot dog: sausage in a bun
pizza: slice of pizza
doughnut: donut
shortcake: slice of cake
birthday cake: cake
cupcake: muffin
soft ice cream: ice cream, ice cream cone
custard: pudding
candy: sweet
croissant: french pastry
spaghetti: pasta
steaming bowl: bowl of noodles, bowl of soup, ramen
pot of food: stew, soup
poultry leg: chicken leg, drumstick
cut of meat: steak
hot beverage: cup of coffee, cup of tea, coffee
teacup without handle: cup of tea, green tea
beer mug: beer, mug of beer
wine glass: wine, red wine
cocktail glass: cocktail, martini
tropical drink: cocktail
tumbler glass: whiskey
fork and knife: cutlery
kitchen knife: knife
house: home, cottage
house with garden: home, house with a tree
castle: fortress
hut: cabin
derelict house: abandoned house, old house
office building: skyscraper
ferris wheel: big wheel
circus tent: big top
camping: tent, campsite
tent: camping tent
automobile: car
oncoming automobile: car
sport utility vehicle: suv, jeep
taxi: cab
police car: cop car
fire engine: fire truck
bicycle: bike
motorcycle: motorbike
motor scooter: vespa, moped
kick scooter: scooter
racing car: race car
delivery truck: truck
articulated lorry: big truck, lorry
locomotive: steam train
high-speed train: bullet train
airplane: plane, jet
small airplane: small plane
helicopter: chopper
flying saucer: ufo, alien ship
rocket: spaceship, space rocket
sailboat: yacht, sailing boat
speedboat: motorboat
ship: big ship
canoe: kayak
full moon: moon
crescent moon: moon
sun: bright sun
star: yellow star
glowing star: shining star
ringed planet: saturn, planet
milky way: galaxy
umbrella with rain drops: umbrella
water wave: ocean wave
tornado: whirlwind, twister
fire: flame, campfire
snow-capped mountain: snowy mountain
mountain: peak
volcano: erupting volcano
jack-o-lantern: halloween pumpkin, pumpkin
christmas tree: xmas tree
wrapped gift: present, gift
balloon: red balloon
teddy bear: stuffed bear, toy bear
soccer ball: football
trophy: gold cup
guitar: electric guitar
drum: snare drum
musical keyboard: piano
saxophone: sax
camera with flash: camera
mobile phone: smartphone, phone
telephone: old phone
laptop: notebook computer
desktop computer: pc
television: tv
light bulb: lamp, bulb
flashlight: torch
candle: burning candle
books: stack of books, pile of books
open book: book
closed book: book
money bag: bag of money, sack of money
gem stone: diamond, jewel
hammer: mallet
axe: hatchet
wrench: spanner
crossed swords: two swords
locked: lock
key: door key
old key: antique key
broom: witch broom
couch and lamp: sofa
door: wooden door
toilet: loo
bathtub: bath
shopping cart: trolley
backpack: schoolbag, rucksack
top hat: magician hat
crown: golden crown, royal crown
glasses: spectacles, eyeglasses
high-heeled shoe: high heel
running shoe: sneaker
woman's hat: sun hat
robot: android
ghost: spook
alien: extraterrestrial
alien monster: space invader
skull: human skull
pile of poo: poop
snowman: snowman in the snow
santa claus: father christmas, santa
mermaid: sea maiden
mage: wizard
vampire: dracula
genie: djinn
fairy: pixie
zombie: undead
person with veil: bride
police officer: cop, policeman
astronaut: spaceman, cosmonaut
farmer: peasant
cook: chef
baby: infant, little child
old man: grandfather, grandpa
old woman: grandmother, grandma
red heart: heart, love heart
broken heart: torn heart
grinning face: happy face, smiling emoji
smiling face with sunglasses: cool face
face with tears of joy: laughing face
smiling face with heart-eyes: face in love
loudly crying face: crying face
angry face: mad face
sleeping face: sleepy face
thinking face: pondering face
"""

SYNONYMS: dict[str, tuple[str, ...]] = {
    name.strip(): tuple(word.strip() for word in others.split(","))
    for name, others in (line.split(":") for line in _LIST.strip().splitlines())
}
