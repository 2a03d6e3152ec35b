using System.Collections.Frozen;
using Dmp.Care.V1;

namespace Dmp.Care.Exams;

/// <summary>Regions of the body, and the words that titles have for them and for modalities.</summary>
public static class Regions
{
    /// <summary>Holds all others. No other region holds another one: a CT of the head is none of the face.</summary>
    public const string WholeBody = "whole-body";

    private static readonly FrozenDictionary<string, string[]> words = new Dictionary<string, string[]>
    {
        ["head"] = ["crane", "cerebral", "cerebrale", "encephale", "encephalique", "tete"],
        ["face"] = ["face", "facial", "sinus"],
        ["neck"] = ["cou", "cervical", "cervicale"],
        ["cervical-spine"] = ["rachis cervical"],
        ["thoracic-spine"] = ["rachis dorsal", "rachis thoracique"],
        ["lumbar-spine"] = ["rachis lombaire"],
        ["chest"] = ["thorax", "thoracique", "tap"],
        ["heart"] = ["coeur", "cardiaque"],
        ["breast"] = ["sein", "seins", "mammaire"],
        ["abdomen"] = ["abdomen", "abdominal", "abdominale", "abdominopelvien", "abdomino pelvien", "tap"],
        ["pelvis"] = ["pelvis", "pelvien", "pelvienne", "petit bassin", "abdominopelvien", "tap"],
        ["shoulder"] = ["epaule"],
        ["arm"] = ["bras", "humerus"],
        ["elbow"] = ["coude"],
        ["wrist"] = ["poignet"],
        ["hand"] = ["main"],
        ["hip"] = ["hanche"],
        ["thigh"] = ["cuisse", "femur"],
        ["knee"] = ["genou"],
        ["leg"] = ["jambe", "tibia"],
        ["ankle"] = ["cheville"],
        ["foot"] = ["pied"],
        [WholeBody] = ["corps entier"],
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Modality, string[]> modalities = new Dictionary<Modality, string[]>
    {
        [Modality.Ct] = ["scanner", "tdm", "tomodensitometrie", "scanographie", "angioscanner"],
        [Modality.Mr] = ["irm", "remnographie"],
        [Modality.Us] = ["echographie", "echo", "doppler", "echocardiographie"],
        [Modality.Xr] = ["radiographie", "radio", "rx"],
        [Modality.Mg] = ["mammographie"],
        [Modality.Pt] = ["tep", "petscan"],
        [Modality.Nm] = ["scintigraphie"],
    }.ToFrozenDictionary();

    /// <summary>Whether it is the name of a region.</summary>
    /// <param name="region">A name.</param>
    public static bool IsKnown(string region) => words.ContainsKey(region);

    /// <summary>Whether what was taken shows all that is asked for.</summary>
    /// <param name="done">Regions that were taken.</param>
    /// <param name="asked">Regions that are asked for.</param>
    public static bool Holds(IReadOnlyCollection<string> done, IReadOnlyCollection<string> asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        return asked.Count > 0 && (done.Contains(WholeBody) || asked.All(done.Contains));
    }

    /// <summary>Whether a title names the modality and every region.</summary>
    internal static bool AreNamed(TitleWords title, ImagingAct act) =>
        act.Regions.Count > 0
        && modalities.TryGetValue(act.Modality, out var names)
        && names.Any(title.Has)
        && act.Regions.All(region => words[region].Any(title.Has));
}
