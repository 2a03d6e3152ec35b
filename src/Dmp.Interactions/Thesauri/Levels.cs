namespace Dmp.Interactions.Thesauri;

/// <summary>The levels as the editions write them: in words, or as codes of a combined severity.</summary>
internal static class Levels
{
    /// <summary>Null for a word that is none of the published ones: a row with it must not be guessed at.</summary>
    public static InteractionLevel? Of(string word) => Names.Key(word) switch
    {
        "contre-indication" or "ci" => InteractionLevel.Contraindication,
        "association deconseillee" or "asdec" or "ad" => InteractionLevel.NotRecommended,
        "precaution d'emploi" or "pe" => InteractionLevel.PrecautionForUse,
        "a prendre en compte" or "apec" or "il convient de prendre en compte" => InteractionLevel.TakeIntoAccount,
        _ => null,
    };

    /// <summary>The levels of <c>CI - ASDEC - PE</c>, or of one word.</summary>
    public static IReadOnlyList<InteractionLevel>? OfAll(string words)
    {
        if (Of(words) is { } single)
        {
            return [single];
        }

        var levels = words.Split(" - ").Select(word => Of(word)).ToList();
        return levels.Any(level => level is null) ? null : [.. levels.Select(level => level!.Value).Distinct()];
    }
}
