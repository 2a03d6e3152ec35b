namespace Dmp.Interactions.Thesauri;

/// <summary>The four levels of constraint of the thesaurus (niveaux de contrainte), the strongest first.</summary>
public enum InteractionLevel
{
    /// <summary>Contre-indication (CI): must not be taken together.</summary>
    Contraindication = 1,

    /// <summary>Association déconseillée (AD, ASDEC): avoided as a rule.</summary>
    NotRecommended = 2,

    /// <summary>Précaution d'emploi (PE): possible with the precautions that the rule names.</summary>
    PrecautionForUse = 3,

    /// <summary>À prendre en compte (APEC): a risk that no precaution takes away.</summary>
    TakeIntoAccount = 4,
}
