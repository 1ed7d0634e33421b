"""
The built-in categories: those of the EU's DSA Transparency Database.

Their codes are the `category` and `category_specification` values of its API, and the rows of the harmonised
transparency report: Implementing Regulation (EU) 2024/2835, Annex I, Part 2.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from seawall.policy.category import Category, Taxonomy

# (name, code, what it covers); a keyword belongs to the statement category above it.
_DSA = (
    ("animal-welfare", "STATEMENT_CATEGORY_ANIMAL_WELFARE", "Animal welfare"),
    ("animal-harm", "KEYWORD_ANIMAL_HARM", "Animal harm"),
    ("unlawful-sale-animals", "KEYWORD_UNLAWFUL_SALE_ANIMALS", "Unlawful sale of animals"),
    ("animal-welfare-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "consumer-information",
        "STATEMENT_CATEGORY_CONSUMER_INFORMATION",
        "Consumer information infringements",
    ),
    (
        "hidden-advertisement",
        "KEYWORD_HIDDEN_ADVERTISEMENT",
        "Hidden advertisement or commercial communication, including by influencers",
    ),
    (
        "insufficient-information-on-traders",
        "KEYWORD_INSUFFICIENT_INFORMATION_ON_TRADERS",
        "Insufficient information on traders",
    ),
    (
        "misleading-info-goods-services",
        "KEYWORD_MISLEADING_INFO_GOODS_SERVICES",
        "Misleading information about the characteristics of the goods and services",
    ),
    (
        "misleading-info-consumer-rights",
        "KEYWORD_MISLEADING_INFO_CONSUMER_RIGHTS",
        "Misleading information about the consumer's rights",
    ),
    (
        "noncompliance-pricing",
        "KEYWORD_NONCOMPLIANCE_PRICING",
        "Non-compliance with pricing regulations",
    ),
    ("consumer-information-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    ("cyber-violence", "STATEMENT_CATEGORY_CYBER_VIOLENCE", "Cyber violence"),
    (
        "cyber-bullying-intimidation",
        "KEYWORD_CYBER_BULLYING_INTIMIDATION",
        "Cyber bullying and intimidation",
    ),
    ("cyber-harassment", "KEYWORD_CYBER_HARASSMENT", "Cyber harassment"),
    ("cyber-incitement", "KEYWORD_CYBER_INCITEMENT", "Cyber incitement to hatred or violence"),
    ("cyber-stalking", "KEYWORD_CYBER_STALKING", "Cyber stalking"),
    (
        "non-consensual-image-sharing",
        "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING",
        "Non-consensual (intimate) material sharing, including (image-based) sexual abuse (excluding content depicting minors)",
    ),
    (
        "non-consensual-material-deepfake",
        "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE",
        "Non-consensual sharing of material containing deepfake or similar technology using a third party's features (excluding content depicting minors)",
    ),
    ("cyber-violence-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "cyber-violence-against-women",
        "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN",
        "Cyber violence against women",
    ),
    (
        "bullying-against-girls",
        "KEYWORD_BULLYING_AGAINST_GIRLS",
        "Cyber bullying and intimidation against girls",
    ),
    (
        "cyber-harassment-against-women",
        "KEYWORD_CYBER_HARASSMENT_AGAINST_WOMEN",
        "Cyber harassment against women",
    ),
    (
        "cyber-stalking-against-women",
        "KEYWORD_CYBER_STALKING_AGAINST_WOMEN",
        "Cyber stalking against women",
    ),
    (
        "female-gendered-disinformation",
        "KEYWORD_FEMALE_GENDERED_DISINFORMATION",
        "Gendered disinformation",
    ),
    (
        "incitement-against-women",
        "KEYWORD_INCITEMENT_AGAINST_WOMEN",
        "Illegal incitement to violence and hatred against women",
    ),
    (
        "non-consensual-image-sharing-against-women",
        "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN",
        "Non-consensual (intimate) material sharing against women, including (image-based) sexual abuse against women (excluding content depicting minors)",
    ),
    (
        "non-consensual-material-deepfake-against-women",
        "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN",
        "Non-consensual sharing of material containing deepfake or similar technology using a third party's features against women (excluding content depicting minors)",
    ),
    (
        "cyber-violence-against-women-other",
        "KEYWORD_OTHER",
        "Not captured by any other sub-category",
    ),
    (
        "data-protection-and-privacy-violations",
        "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
        "Data protection and privacy violations",
    ),
    ("biometric-data-breach", "KEYWORD_BIOMETRIC_DATA_BREACH", "Biometric data breach"),
    ("data-falsification", "KEYWORD_DATA_FALSIFICATION", "Data falsification"),
    (
        "missing-processing-ground",
        "KEYWORD_MISSING_PROCESSING_GROUND",
        "Missing processing ground for data",
    ),
    ("right-to-be-forgotten", "KEYWORD_RIGHT_TO_BE_FORGOTTEN", "Right to be forgotten"),
    (
        "data-protection-and-privacy-violations-other",
        "KEYWORD_OTHER",
        "Not captured by any other sub-category",
    ),
    (
        "illegal-or-harmful-speech",
        "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH",
        "Illegal or harmful speech",
    ),
    ("defamation", "KEYWORD_DEFAMATION", "Defamation"),
    ("discrimination", "KEYWORD_DISCRIMINATION", "Discrimination"),
    (
        "hate-speech",
        "KEYWORD_HATE_SPEECH",
        "Illegal incitement to violence and hatred based on protected characteristics (hate speech)",
    ),
    ("illegal-or-harmful-speech-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "intellectual-property-infringements",
        "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "Intellectual property infringements",
    ),
    ("copyright-infringement", "KEYWORD_COPYRIGHT_INFRINGEMENT", "Copyright infringements"),
    ("design-infringement", "KEYWORD_DESIGN_INFRINGEMENT", "Design infringements"),
    (
        "geographic-indications-infringement",
        "KEYWORD_GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
        "Geographical indications infringements",
    ),
    ("patent-infringement", "KEYWORD_PATENT_INFRINGEMENT", "Patent infringements"),
    (
        "trade-secret-infringement",
        "KEYWORD_TRADE_SECRET_INFRINGEMENT",
        "Trade secret infringements",
    ),
    ("trademark-infringement", "KEYWORD_TRADEMARK_INFRINGEMENT", "Trademark infringements"),
    (
        "intellectual-property-infringements-other",
        "KEYWORD_OTHER",
        "Not captured by any other sub-category",
    ),
    (
        "negative-effects-on-civic-discourse-or-elections",
        "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        "Negative effects on civic discourse or elections",
    ),
    (
        "misinformation-disinformation",
        "KEYWORD_MISINFORMATION_DISINFORMATION",
        "Misinformation, disinformation, foreign information manipulation and interference",
    ),
    (
        "violation-eu-law",
        "KEYWORD_VIOLATION_EU_LAW",
        "Violation of EU law relevant to civic discourse or elections",
    ),
    (
        "violation-national-law",
        "KEYWORD_VIOLATION_NATIONAL_LAW",
        "Violation of national law relevant to civic discourse or elections",
    ),
    (
        "negative-effects-on-civic-discourse-or-elections-other",
        "KEYWORD_OTHER",
        "Not captured by any other sub-category",
    ),
    ("protection-of-minors", "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "Protection of minors"),
    (
        "age-specific-restrictions-minors",
        "KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS",
        "Age-specific restrictions concerning minors",
    ),
    (
        "child-sexual-abuse-material",
        "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL",
        "Child sexual abuse material",
    ),
    (
        "child-sexual-abuse-material-deepfake",
        "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE",
        "Child sexual abuse material containing deepfake or similar technology",
    ),
    (
        "grooming-sexual-enticement-minors",
        "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS",
        "Grooming/sexual enticement of minors",
    ),
    ("unsafe-challenges", "KEYWORD_UNSAFE_CHALLENGES", "Unsafe challenges"),
    ("protection-of-minors-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "risk-for-public-security",
        "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
        "Risk for public security",
    ),
    ("illegal-organizations", "KEYWORD_ILLEGAL_ORGANIZATIONS", "Illegal organizations"),
    (
        "risk-environmental-damage",
        "KEYWORD_RISK_ENVIRONMENTAL_DAMAGE",
        "Risk for environmental damage",
    ),
    ("risk-public-health", "KEYWORD_RISK_PUBLIC_HEALTH", "Risk for public health"),
    ("terrorist-content", "KEYWORD_TERRORIST_CONTENT", "Terrorist content"),
    ("risk-for-public-security-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    ("scams-and-fraud", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "Scams and/or fraud"),
    (
        "impersonation-account-hijacking",
        "KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING",
        "Impersonation or account hijacking",
    ),
    ("inauthentic-accounts", "KEYWORD_INAUTHENTIC_ACCOUNTS", "Inauthentic accounts"),
    ("inauthentic-listings", "KEYWORD_INAUTHENTIC_LISTINGS", "Inauthentic listings"),
    ("inauthentic-user-reviews", "KEYWORD_INAUTHENTIC_USER_REVIEWS", "Inauthentic user reviews"),
    ("phishing", "KEYWORD_PHISHING", "Phishing"),
    ("pyramid-schemes", "KEYWORD_PYRAMID_SCHEMES", "Pyramid schemes"),
    ("scams-and-fraud-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    ("self-harm", "STATEMENT_CATEGORY_SELF_HARM", "Self-harm"),
    (
        "content-promoting-eating-disorders",
        "KEYWORD_CONTENT_PROMOTING_EATING_DISORDERS",
        "Content promoting eating disorders",
    ),
    ("self-mutilation", "KEYWORD_SELF_MUTILATION", "Self-mutilation"),
    ("suicide", "KEYWORD_SUICIDE", "Suicide"),
    ("self-harm-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "unsafe-and-prohibited-products",
        "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
        "Unsafe, non-compliant or prohibited products",
    ),
    ("prohibited-products", "KEYWORD_PROHIBITED_PRODUCTS", "Prohibited or restricted products"),
    ("unsafe-products", "KEYWORD_UNSAFE_PRODUCTS", "Unsafe or non-compliant products"),
    (
        "unsafe-and-prohibited-products-other",
        "KEYWORD_OTHER",
        "Not captured by any other sub-category",
    ),
    ("violence", "STATEMENT_CATEGORY_VIOLENCE", "Violence"),
    ("coordinated-harm", "KEYWORD_COORDINATED_HARM", "Coordinated harm"),
    (
        "incitement-violence-hatred",
        "KEYWORD_INCITEMENT_VIOLENCE_HATRED",
        "General calls or incitement to violence and/or hatred",
    ),
    ("human-exploitation", "KEYWORD_HUMAN_EXPLOITATION", "Human exploitation"),
    ("human-trafficking", "KEYWORD_HUMAN_TRAFFICKING", "Human trafficking"),
    (
        "trafficking-women-girls",
        "KEYWORD_TRAFFICKING_WOMEN_GIRLS",
        "Trafficking in women and girls",
    ),
    ("violence-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "other-violation-tc",
        "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "Other violation of provider's terms and conditions",
    ),
    ("adult-sexual-material", "KEYWORD_ADULT_SEXUAL_MATERIAL", "Adult sexual material"),
    ("age-specific-restrictions", "KEYWORD_AGE_SPECIFIC_RESTRICTIONS", "Age-specific restrictions"),
    ("geographical-requirements", "KEYWORD_GEOGRAPHICAL_REQUIREMENTS", "Geographical requirements"),
    (
        "goods-services-not-permitted",
        "KEYWORD_GOODS_SERVICES_NOT_PERMITTED",
        "Goods/services not permitted to be offered on the platform",
    ),
    ("language-requirements", "KEYWORD_LANGUAGE_REQUIREMENTS", "Language requirements"),
    ("nudity", "KEYWORD_NUDITY", "Nudity"),
    ("other-violation-tc-other", "KEYWORD_OTHER", "Not captured by any other sub-category"),
    (
        "not-specified-order",
        "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER",
        "Type of illegal content not specified by the public authority",
    ),
    (
        "not-specified-notice",
        "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE",
        "Type of alleged illegal content not specified by the notifier",
    ),
)


def taxonomy(extra: Mapping[str, str] = MappingProxyType({})) -> Taxonomy:
    """The built-in categories and an operator's own, given as name → what it covers."""
    own = (Category(name=name, code=None, covers=covers) for name, covers in extra.items())
    return Taxonomy((*_built_in(), *own))


def _built_in() -> Iterable[Category]:
    parent: str | None = None
    for name, code, covers in _DSA:
        if code.startswith("STATEMENT_CATEGORY_"):
            parent = name
            yield Category(name=name, code=code, covers=covers)
        else:
            yield Category(name=name, code=code, covers=covers, parent=parent)
