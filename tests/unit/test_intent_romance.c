/*
 * French, Spanish, Italian and Portuguese replies as owners write them, and near misses that must not decide.
 */
#include <assent/base/mem.h>
#include <assent/text/intent.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format off */
static const char *const french_approves_rows[] = {
	"Oui, vas-y", "oui allez-y", "Ok, tu peux y aller", "Okok", "oki commande",
	"okk pour moi", "d'acc", "dac, vas y", "daccord", "D'accord avec ça.",
	"Ça me paraît correct, allez-y.", "Ça marche, commandez.", "Ca roule, passe commande stp",
	"Parfait, vous pouvez lancer.", "C'est OK, faites le nécessaire.",
	"C'est tout bon pour moi, merci !", "C'est bon, vous avez mon feu vert",
	"Vous avez carte blanche.", "Carte blanche !", "Je vous laisse passer la commande.",
	"Je vous laisse commander", "Merci de procéder à la commande.",
	"Merci de bien vouloir passer la commande.",
	"Veuillez procéder à l'achat, merci d'avance.",
	"Bonjour,\n\nJe vous confirme mon accord.\n\nCordialement,\nPaul Morin",
	"Bonjour Karim,\nJe valide ce devis.\nBonne journée",
	"Bonjour, je vous donne mon accord pour cet achat. Bien à vous",
	"Je vous autorise à passer la commande", "Je t'autorise à commander",
	"Nous vous autorisons à commander ce matériel.", "Nous donnons notre accord.",
	"Vous avez notre accord.", "L'accord est donné.", "Devis accepté, bon pour accord",
	"Devis validé.", "Bon pour accord. Lu et approuvé.", "Lu et approuvé", "Commande validée",
	"Achat approuvé", "Demande acceptée.", "Demande approuvée, merci",
	"C'est validé de mon côté", "Validé de notre côté.", "Je suis partant",
	"Je suis partante !", "On est partants", "Banco", "Adjugé !", "Vendu !", "Go go go",
	"go pour moi", "GO", "Let's go, commandez", "On fonce", "On fonce, commande",
	"Vas-y fonce", "Feu !", "Je n'ai rien contre, commandez", "Rien ne s'y oppose.",
	"Je ne vois pas d'inconvénient à cet achat", "Aucun souci, vous pouvez commander",
	"Pas de problème pour moi, allez-y.", "Pas de soucis, tu peux lancer",
	"Sans problème, commandez", "Je n'y vois aucun problème, faites.",
	"Je n'ai pas d'objection à cette commande", "Aucune objection de notre part.",
	"Bien sûr, commandez-le", "Bien sûr que oui", "Mais oui", "Mais oui, bien sûr, allez-y",
	"Évidemment", "Oui tout à fait", "Tout à fait d'accord", "Entièrement d'accord",
	"Absolument", "Absolument, commandez", "Volontiers, oui", "Oui oui", "ouip", "Ouaip",
	"Yes", "Yep, commande", "ui", "wi vas y", "oué vas-y", "Ok ça me va", "Cela me va.",
	"Cela nous convient.", "Ça nous convient, passez la commande", "Ça me va très bien",
	"Ça me semble bien, commandez.", "Je suis ok", "Je suis OK avec ce devis",
	"Je suis favorable", "Avis favorable", "Favorable", "Nous sommes d'accord",
	"On est d'accord", "On est ok", "Tiguidou", "C'est beau, allez-y",
	"C'est correct pour moi", "Correct, vas-y", "Ça joue", "Ça joue pour moi",
	"Ça va pour moi", "C'est en ordre pour moi", "En ordre pour moi, vous pouvez commander",
	"Ok c good", "c bon", "c ok", "jvalide", "Je valide sans réserve", "Validation ok",
	"J'approuve cette dépense.", "J'approuve votre proposition", "J'accepte votre offre.",
	"J'accepte le devis, merci", "Je prends", "On le prend", "On la prend.",
	"Prenez-le, merci", "Tu peux le commander", "Vous pouvez les commander",
	"Vous pouvez l'acheter", "Il faut le commander", "Faites au plus vite, c'est d'accord",
	"Faites donc", "Fais donc", "Procédons", "Commandons", "Achetons-le",
	"Renouvelez l'abonnement", "Renouvelez la licence, merci",
	"Merci de renouveler le contrat", "Prolongez le contrat svp", "Envoyez la commande",
	"Tu peux envoyer la commande", "Signez", "Réservez", "Je confirme la commande",
	"Je confirme l'achat", "Je vous confirme la commande", "Commande confirmée",
	"Confirmation de ma part", "Ok, c'est dans le budget, commandez",
	"Très bien, je valide. Merci pour votre réactivité.", "Top, valide",
	"Top ! Tu peux commander", "Génial, commandez", "Excellent, allez-y",
	"Impeccable, allez-y", "Nickel, lance", "Super, merci, commandez-le", "Je souscris",
	"J'adhère", "J'y suis favorable.", "Bon à commander", "Bon pour achat",
	"Bon pour commande", "Accepté. Merci de commander.", "Oui, on en a besoin, commandez.",
	"Oui. On en a vraiment besoin.", "Oui, c'est urgent",
};

static const char *const french_rejects_rows[] = {
	"Non, pas question", "Non, on laisse tomber", "On laisse tomber, merci", "Laisse béton",
	"Nan", "Nan merci", "nan nan", "Nope", "Que nenni", "Non non et non", "Niet",
	"Mon Dieu non", "Ah non", "Ah non alors", "Certainement pas !", "En aucun cas",
	"Sous aucun prétexte", "Pas d'accord avec cette dépense",
	"Je ne suis pas d'accord avec cet achat", "Désolé, je ne peux pas valider.",
	"Désolée mais c'est non", "Malheureusement, je dois décliner.",
	"Malheureusement nous ne pouvons pas donner suite à votre demande.",
	"Nous ne pouvons pas accepter cette proposition.", "Je ne donnerai pas suite.",
	"On ne donnera pas suite.", "Nous avons décidé de ne pas donner suite",
	"Je préfère ne pas donner suite", "Merci de ne pas donner suite", "N'y donnez pas suite",
	"Ne donnez pas suite", "Veuillez ne pas commander", "Merci de ne pas commander",
	"Merci d'annuler cette commande.", "Annulez tout", "Annule la demande stp",
	"On annule tout", "Je vous demande d'annuler la demande", "À annuler svp",
	"Je souhaite annuler la demande", "Demande refusée", "Devis refusé",
	"Devis refusé, trop cher", "Commande refusée", "Achat refusé", "Refus de ma part",
	"Je m'y oppose formellement", "Je m'oppose à cet achat", "Nous nous y opposons.",
	"J'y suis opposé", "Je suis défavorable", "J'émets un avis défavorable",
	"Je ne cautionne pas cet achat", "Je ne souhaite pas acheter ce matériel",
	"Je ne souhaite pas commander", "Nous ne souhaitons pas commander", "Je ne veux pas",
	"Je n'en veux pas, merci", "On n'en veut pas", "on en veut pas", "J'en veux pas",
	"Pas intéressé, merci", "Ça ne m'intéresse pas", "ça m'intéresse pas",
	"Cela ne nous intéresse pas", "Ça ne va pas", "Pas la peine", "Pas la peine, merci",
	"C'est inutile", "Ce n'est pas nécessaire", "C pas nécessaire", "Ce n'est pas utile",
	"Ce n'est pas la peine", "On n'a pas besoin de ça", "On n'en a pas l'utilité",
	"Pas dans le budget, refusé", "Pas de budget, donc non", "Non, pas de budget",
	"Non, trop cher", "Non, c'est trop cher", "Trop cher, je refuse",
	"Trop cher, on ne prend pas.", "C'est trop cher, non merci", "Non, on en a déjà un",
	"Refusé : nous en avons déjà trois", "Non. Il y en a un dans le placard.",
	"Pas validé de mon côté", "Non validé, prix excessif", "Je ne valide pas cette dépense",
	"je valide pas", "j'approuve pas", "jaccepte pas", "je suis pas d'accord",
	"chui pas d'accord", "je veux pas", "on commande pas", "commande pas",
	"commandez pas svp", "achete pas", "N'achète pas ça", "Ne le commandez surtout pas",
	"Ne les commandez pas", "Ne la commandez pas", "Ne prenez rien", "Ne le prenez pas",
	"Ne renouvelez pas", "Ne renouvelez pas le contrat", "On ne renouvelle pas",
	"Je ne renouvelle pas", "Merci de ne pas renouveler", "Résiliez",
	"Oubliez cette commande", "Oublie l'idée", "Abandonnez", "On abandonne", "Abandon",
	"Classez la demande sans suite", "Classé sans suite", "C'est exclu", "C'est mort",
	"Négatif pour moi", "Non pour ma part", "Non pour moi", "Pour moi non",
	"Pour ma part c'est non", "C'est un refus", "C'est un non catégorique",
	"Réponse négative", "Je réponds par la négative", "Je regrette, c'est non",
	"Je regrette mais je refuse", "Demande rejetée", "Je rejette cette demande",
	"rejeté, budget épuisé", "On va s'en passer", "On peut s'en passer",
	"Nous nous en passerons", "On passe", "Sans façon", "Sans façon, merci", "Merci mais non",
	"Merci, mais non merci", "C'est gentil mais non",
	"Bonjour, merci pour le devis, mais nous n'en avons pas besoin. Bonne journée",
	"Bonjour, je ne souhaite pas donner suite à ce devis. Cordialement",
};

static const char *const french_decides_nothing_rows[] = {
	"Oui si le prix ne bouge pas", "Ok si c'est moins de 500",
	"D'accord à condition que la garantie soit incluse",
	"Ok sous réserve d'accord du comptable", "Oui mais pas tout de suite", "Oui mais un seul",
	"ok mais le moins cher", "Je suis d'accord sur le principe", "Accord de principe",
	"D'accord sur le principe", "A priori oui", "En principe c'est bon", "Pourquoi pas",
	"Pourquoi pas ?", "Oui bon... à voir", "On verra", "Je ne dis pas non", "Je dis pas non",
	"Je ne suis pas contre", "Je ne suis pas contre l'idée", "Je ne suis pas opposé",
	"Pas opposé à l'idée, à discuter", "Ce n'est pas refusé", "Je n'ai pas refusé",
	"Je ne refuse pas", "Pas encore validé", "Ce n'est pas encore approuvé",
	"Je n'ai pas encore décidé", "Je valide demain", "Je validerai demain", "Je vais valider",
	"Je vais réfléchir", "Faut voir", "Bof", "Mouais", "Si vous voulez", "Si tu veux",
	"Comme vous voulez", "C'est vous qui voyez", "À vous de voir", "Je vous laisse décider",
	"Je te laisse voir", "Voyez avec Paul", "Demandez à Mme Morel", "Paul est d'accord",
	"Ma femme est d'accord", "Le directeur a validé", "La direction a refusé",
	"Mon associé dit oui", "Mon associé dit que c'est ok",
	"Le fournisseur a confirmé la commande", "La commande a été annulée par le fournisseur",
	"La commande est partie ?", "C'est validé ?", "Vous avez validé ?", "Est-ce approuvé",
	"Merci d'approuver", "Merci de valider svp", "Merci de valider rapidement",
	"Veuillez approuver cette demande", "Pour validation svp", "Je vous prie de valider",
	"Merci de confirmer la commande", "Pouvez-vous commander", "Vous pouvez valider ?",
	"Oui je l'ai reçu", "Oui, bien reçu", "Bien reçu", "Bien reçu, merci", "Oui j'ai vu",
	"C'est noté", "Vu", "Merci", "Pas de souci", "Pas de problème", "Ok je regarde",
	"Ok je vois ça ce soir", "Oui, je m'en occupe", "ok je te rappelle",
	"J'attends votre retour", "Annulez et remplacez", "Annule et remplace par le modèle bleu",
	"Oui non", "Oui et non", "Ni oui ni non", "Non mais oui", "Je n'annule pas",
	"N'annulez pas", "N'annulez pas la commande", "Ne refusez pas", "Ne laissez pas tomber",
	"Il n'est pas question d'annuler", "Pas question de refuser",
	"Bien sûr que non... je rigole", "Oui, en rêve", "Ben voyons",
	"Ben voyons, commandez aussi un yacht", "C'est ça, oui", "Oui oui c'est ça", "Mon œil",
	"Commande n°12", "Ma commande", "Votre commande est partie", "Commander quoi",
	"Je commande souvent chez eux", "J'ai passé commande hier", "On a commandé hier",
	"On a déjà refusé l'an dernier", "On avait validé le précédent", "J'aurais validé",
	"J'aurais préféré refuser", "Je validerais bien", "Je serais d'accord", "Ce serait bien",
	"Il faudrait que je valide ?", "Je suis en congé, voyez avec Paul",
	"Je suis absent jusqu'au 12", "Allez-y mollo", "Allez-y doucement",
	"Vas-y mollo sur les dépenses", "Passe me voir", "Passez me voir", "Prenez rendez-vous",
	"Prends ton temps", "Prenez le moins cher", "Prenez-en deux", "Prenez contact avec lui",
	"Prenez plutôt le petit", "Commandez-en un seul", "Commandez plutôt l'autre modèle",
	"Faites un autre devis", "Faites jouer la concurrence", "Faites voir", "Fais voir",
	"Fais gaffe", "Faites attention", "Lancez un appel d'offres", "Achetez français",
	"Renouvelez la demande l'an prochain", "Refusé ou accepté, peu importe",
	"Accepté par erreur", "Erreur de ma part", "D'accord avec Paul",
	"D'accord pour en discuter", "Ok pour un rendez-vous", "Ok pour demain",
	"Ok pour le principe", "Ok pour en parler", "Bon pour la poubelle", "Contre quoi",
	"Compte non approuvé", "Quand vous voulez", "Je passe au bureau demain",
	"Je passe demain", "Je passe à 14h", "Je contre-signe demain", "Négatif ?",
	"Inutile de m'appeler", "Inutile de répondre", "Rien", "Laissez-moi réfléchir",
	"Laissez-moi deux jours", "Jamais vu", "Jamais reçu", "Oublié de répondre",
	"Pas d'accord ?", "Ok ?",
	"Je vous confirme la réception de votre mail", "Je confirme ma présence", "Commande de Paul",
	"Aucun", "Aucune", "Fais", "Fais, merci", "Ok j'ai rebranché le câble comme vous m'avez dit",
	"Allez-y voir", "Allez-y demain", "Commandez si Paul est d'accord", "Validé par Paul",
	"Commandez sauf le clavier", "Lancez un devis", "Envoyez le devis", "Faites un devis",
	"Vous pouvez m'appeler", "Vous pouvez passer demain", "Oui, mais après les vacances",
	"D'accord donc on en reparle demain", "Ok, je vous rappelle", "Oui, elle remarche",
	"Remplacez Paul", "Installez-vous", "Prenez un café", "Passez la commande à Paul",
	"C'est validé par qui ?", "On a déjà commandé", "Nous avons commandé hier",
	"Je ne peux pas refuser", "On ne peut pas dire non", "Je ne dis rien",
	"Changez le modèle", "Changez d'avis", "Réparez plutôt l'ancien", "Non, la facture est fausse",
	"Merci de confirmer l'intervention", "Merci de nous faire parvenir le devis",
	"Si Paul dit oui alors ok", "Le prix baisse donc j'attends", "Oui, bien reçu le devis",
	"On verra donc demain", "Vous pouvez annuler ou commander", "Ok pour l'un des deux",
};

static const char *const spanish_approves_rows[] = {
	"Sí, hacedlo", "si, compralo", "ok, haz el pedido", "Vale, pídelo", "Dale nomás",
	"Dale para adelante", "Dele curso, por favor", "Denle curso",
	"Procedan con la compra, gracias.", "Proceda, por favor", "Pueden proceder con la compra",
	"Podéis tramitar el pedido", "Puedes comprarlo ya", "Podés comprarlo", "Comprá",
	"comprenlo", "Cómprenlo ya mismo", "Encárguenlo", "Renovadlo", "Renueven la licencia",
	"Adelante con la compra.", "Adelante con el pedido, gracias", "Venga, adelante",
	"Órale, cómprenlo", "Ándale, sí", "Sale", "Sale, pídelo", "Sip", "sii",
	"Claro que sí, adelante", "Por supuesto, adelante", "Cómo no, procedan", "Conforme",
	"Conforme por mi parte", "Estoy conforme con el presupuesto", "Estamos de acuerdo",
	"Totalmente de acuerdo", "Estoy a favor", "Me parece bien, adelante",
	"Me parece perfecto", "Nos parece bien", "Tienen mi autorización para comprar",
	"Tenéis mi visto bueno", "Cuentan con mi aprobación", "Les doy mi conformidad",
	"Os doy el ok", "Le confirmo mi aprobación.", "VB", "Visto bueno", "Doy el visto bueno",
	"Tiene usted mi autorización",
	"Estimados señores:\n\nPor la presente autorizo la compra.\n\nAtentamente,\nJuan Pérez",
	"Se aprueba el gasto", "Se autoriza la compra", "Queda autorizada la compra",
	"Presupuesto aprobado", "Pedido autorizado, gracias", "Compra aprobada",
	"Todo correcto, adelante", "Todo bien, procedan", "Sí, nos hace falta",
	"Sí, lo necesitamos", "Ok, estaba en el presupuesto", "El precio es correcto, adelante",
	"Lo necesitamos, comprenlo", "La impresora vieja ya no funciona. Cómprenla.",
	"No tengo ninguna objeción", "No hay inconveniente", "Ningún inconveniente por mi parte",
	"Ninguna objeción, procedan", "Por mi parte no hay problema, adelante",
	"No veo inconveniente en comprarlo", "No me opongo", "Nada que objetar", "Nada en contra",
	"No veo por qué no, pídanlo", "Sin problema, adelante", "Sin objeciones por mi parte",
	"No hay problema, compradlo", "Vía libre", "Luz verde", "Tenéis carta blanca",
	"Trato hecho", "A por ello", "Échale", "Métele", "Listo, cómpralo", "Perfecto, encárgalo",
	"Genial, pídelo", "De acuerdo, procede", "OK por mi parte", "Lo quiero",
	"Nos lo quedamos", "Digo que sí", "La respuesta es sí", "Afirmativo", "Sí, por favor",
	"sí a todo", "apruevo", "autorizo la compra x favor", "aprobado xfa", "porfa compralo",
	"Favor de proceder con la compra", "Favor de comprarlo", "Te autorizo a comprarlo",
	"Les autorizo a proceder", "Haced la compra", "Hagan la compra cuanto antes",
	"Realicen el pedido", "Tramiten la orden de compra", "Emitan la orden de compra",
};

static const char *const spanish_rejects_rows[] = {
	"No, gracias", "No gracias, no lo necesitamos", "no lo compren", "No lo compréis",
	"No compréis nada", "No lo pidas", "No hagáis el pedido", "No procedan", "No procedáis",
	"No renovéis", "No renueven la licencia", "No lo autorizo", "No autorizo este gasto",
	"No lo apruebo", "No se aprueba", "No se autoriza la compra", "No procede", "Denegado",
	"Solicitud denegada", "Presupuesto rechazado", "Lo rechazo", "Rechazamos la propuesta",
	"Lo siento, no", "Lo siento, pero no", "Lo siento pero no puedo aprobarlo",
	"Lo sentimos, no podemos aprobar este gasto",
	"Lamentablemente no podemos aceptar la oferta", "Gracias, pero no",
	"Gracias pero no lo necesitamos", "Te lo agradezco pero no", "No me interesa",
	"No nos interesa, gracias", "No nos hace falta", "No hace falta", "No es necesario",
	"No vale la pena", "No merece la pena", "Ni hablar", "Ni de broma", "Ni de coña",
	"Ni en pedo", "Nel", "Para nada", "De ninguna manera", "Bajo ningún concepto",
	"En absoluto", "Jamás", "Imposible", "Negativo", "Que no", "Pues no", "Va a ser que no",
	"Por mí no", "Por mi parte no", "Me niego", "Me opongo", "Estoy en contra",
	"No estoy de acuerdo", "No estoy conforme", "Cancélalo", "Cancelen el pedido",
	"Anulad la solicitud", "Anúlenlo", "Déjalo", "Déjenlo así", "Olvídalo", "Olvídense",
	"Descártalo", "Hay que descartarlo", "Prescindimos de ello", "Paso",
	"Preferimos no comprarlo", "Prefiero no comprar", "Hemos decidido no comprarlo",
	"Decidimos no renovar", "No queremos seguir adelante", "No vamos a seguir adelante",
	"No vamos a comprarlo", "No podemos permitírnoslo", "No hay presupuesto",
	"No tenemos presupuesto", "No, no hay presupuesto", "No, es muy caro",
	"No, demasiado caro", "No, ya tenemos uno", "Muy caro, no lo compren",
	"No lo veo necesario", "no kiero... no quiero", "rechasado", "no apruevo",
	"La respuesta es no", "Digo que no",
};

static const char *const spanish_decides_nothing_rows[] = {
	"Sí, si no sube el precio", "Sí, siempre que sea menos de 300", "Ok pero solo uno",
	"Aprobado si el contable está de acuerdo", "De acuerdo en principio", "En principio sí",
	"Sí, pero mañana", "Igual sí", "A lo mejor", "A ver", "Ya veremos", "Luego te digo",
	"Lo consulto", "Lo pensaré", "No sé", "No lo tengo claro", "No estoy seguro",
	"No digo que no", "No estoy en contra", "No lo rechazo", "No lo descarto",
	"No lo canceles", "No lo cancelen", "No anuléis el pedido", "No lo he aprobado",
	"No lo he rechazado", "Aún no está aprobado", "Todavía no lo apruebo", "Está aprobado?",
	"¿Lo apruebo?", "¿Por qué no?", "Por qué no", "Como quieras", "Lo que tú digas",
	"Decide tú", "Que decida mi jefe", "Mi jefe lo aprueba", "Mi mujer dice que sí",
	"El director autorizó la compra", "El proveedor canceló el pedido", "Pregúntale a Pedro",
	"Hablad con contabilidad", "Por favor aprobar", "Favor de aprobar la compra",
	"Para su aprobación", "Puede aprobarlo", "Sí, lo recibí", "Sí, ya lo vi", "Recibido",
	"Enterado", "Gracias", "No hay problema", "Sin problema", "No pasa nada", "Sí y no",
	"Ni sí ni no", "Sí claro, y un yate también", "Sí, en tus sueños", "Compra leche",
	"Compra uno solo", "Compra el más barato", "Compren la mitad", "Pide otro presupuesto",
	"Pide presupuesto a otro", "Pide cita", "Haz lo que quieras", "Haz una lista",
	"Hagan otra oferta", "Dale una vuelta", "Dale recuerdos", "Pasa por mi despacho",
	"Paso mañana", "Paso por la oficina", "Adelante pero con calma",
	"Estoy de acuerdo con Pedro", "Deja que lo piense", "Déjame pensarlo",
	"Déjalo para mañana", "Olvidé contestar", "Cancelado por el proveedor",
	"El pedido está cancelado?", "Se aprueba solo si hay stock", "Lo aprobaría",
	"Lo compraría si fuera más barato", "Me gustaría aprobarlo", "Estoy de vacaciones",
	"Aprobado por Pedro", "Rechazado por contabilidad", "Nunca lo recibí", "No me llegó",
	"Jamás pedí esto", "Espera, no", "Error mío", "El otro día lo aprobé",
	"Ya lo rechacé una vez", "Más o menos",
	"Adelante, pase", "Adelante, pasen", "Adelante, dígame", "Pon un ejemplo", "Ponlo en copia",
	"Cambia el modelo", "Cambien el presupuesto", "Cambie de proveedor", "Instálese cómodo",
	"No, la factura de febrero sigue mal, el CIF no es ese", "Sí, ya funciona", "Sí, ya llegó",
	"Sí, que lo apruebe Juan", "Que lo decida Juan", "Ok, ya veo", "Vale, hablamos",
	"Manda el presupuesto", "Manden otro presupuesto", "Haz el presupuesto", "Dale las gracias",
	"Compra de Pedro", "Pedido de Pedro", "Ponlo cuando lo apruebe el jefe",
	"Cómprenlo cuando haya dinero", "Cómprenlo si está barato", "Pídelo a Juan",
	"No puedo decir que no", "No podemos negarnos", "Quizás sí", "Sí pero uno solo",
	"Mejor mañana", "Al final no sé", "Al final hablamos", "Sí, os he leído", "Sí, dime",
	"Procede del almacén", "Pase por favor", "Échale un ojo", "Échenle un vistazo",
	"Métele miedo", "Arregla el presupuesto", "Puedes instalarte", "Pueden poner otro precio",
};

static const char *const italian_approves_rows[] = {
	"Sì, procedete pure", "Procedete con l'ordine, grazie", "Potete ordinarlo", "ok ordinate",
	"Compralo", "Vi autorizzo a procedere", "Avete la mia autorizzazione",
	"Nulla osta all'acquisto", "Nulla in contrario", "Non ho obiezioni",
	"Nessun problema, ordinate pure", "Per me va bene", "Da parte mia ok", "Semaforo verde",
	"Ci sto", "Daje, ordinalo", "Preventivo approvato",
	"Con la presente autorizzo l'acquisto", "Si proceda con l'acquisto",
};

static const char *const italian_rejects_rows[] = {
	"No, grazie", "Non lo compriamo", "Non procedete", "Non ordinate nulla", "nn ordinatelo",
	"Lasciate perdere", "Non se ne parla", "Mi dispiace, ma non posso approvare",
	"Purtroppo dobbiamo declinare", "Grazie, ma non ci interessa",
	"Abbiamo deciso di non comprarlo", "Non ne abbiamo bisogno", "Richiesta respinta",
	"Per me no", "Annullate l'ordine", "Sono contrario", "Preferiamo non procedere",
	"Non è necessario",
};

static const char *const italian_decides_nothing_rows[] = {
	"Sì, se il prezzo non cambia", "Ok, ma solo uno", "Approvato se Paolo è d'accordo",
	"Paolo è d'accordo", "Il capo ha approvato", "Chiedi a Paolo", "Non sono contrario",
	"Non rifiuto", "Non lo rifiuto", "Non annullate", "Non annullate l'ordine",
	"Non è respinto", "Non ancora approvato", "Forse sì", "Direi di sì", "Vedremo",
	"Perché no", "In linea di massima sì", "Come volete", "Decidete voi",
	"Si prega di approvare", "Potete approvare", "Per approvazione", "Ho ricevuto, grazie",
	"Grazie", "Nessun problema", "Sì e no", "Come no", "Ordine ricevuto",
	"Ordinate il più economico", "Compra il pane", "Prendi appuntamento",
	"Fai un altro preventivo", "Fate vobis", "Vai piano", "Va bene domani", "Va approvato?",
	"È stato approvato?", "Non ho capito", "Mi dispiace", "Approvato da Paolo",
	"Rifiutato dal fornitore", "Approverei", "Non saprei", "Mai ricevuto",
	"Avanti, entri", "Fate attenzione", "Fate un altro preventivo", "Fate il preventivo",
	"Fate come volete", "Fatelo se costa poco", "Fatelo approvare", "Cambiate modello",
	"Cambiate il preventivo", "Mettete il prezzo", "Mettetelo in copia", "Sì, ora funziona",
	"Sì, è arrivato", "Ok, ho riavviato come mi ha detto", "Sì, vi richiamo", "Ok, ci sentiamo",
	"Ordine di Paolo", "Acquisto di Paolo", "Ordinatelo a Paolo?", "Procedete con calma",
	"Procedete domani", "Non posso dire di no", "Non possiamo rifiutare", "Direi di sì forse",
	"Va bene, quindi ne parliamo domani", "Se Paolo dice sì quindi ok", "Che lo approvi Paolo",
	"Prendetevi il tempo", "Prendi nota", "Confermo la presenza", "Confermo di aver ricevuto",
	"Confermo la ricezione", "Autorizzato da chi?", "Sì ma solo uno", "Meglio domani",
	"No, la fattura è sbagliata", "Mandate il preventivo", "Potete chiamarmi", "Potete passare",
	"Potete mandare un altro preventivo", "Installate prima quello vecchio",
};

static const char *const portuguese_approves_rows[] = {
	"Sim, pode comprar", "pode pedir sim", "podem encomendar, obrigado", "Encomendem-no",
	"Comprem o router", "Pode trocar a impressora", "ok pode instalar", "por mim ta otimo",
	"Por mim está tudo bem", "Da minha parte pode avançar", "Força nisso", "Show, pode fechar",
	"Tá bom, pode comprar", "Não tenho objeções", "Não vejo razão para recusar",
	"Dou a minha autorização", "Têm luz verde para avançar", "Aprovo a proposta",
	"Autorizo a compra do equipamento", "Está autorizado da minha parte",
	"Orçamento aprovado, podem avançar", "Precisamos disso, então sim",
	"Pode comprar, que a antiga já não liga", "Sim sim, manda vir", "Façam a encomenda",
	"Dê andamento ao pedido", "Podem prosseguir com a compra", "Estamos de acordo com o orçamento",
};

static const char *const portuguese_rejects_rows[] = {
	"Não, obrigado", "nao obrigado", "Não comprem", "Não comprem nada", "não compra não",
	"Não avancem com isto", "Melhor não", "Não vamos avançar", "Não queremos",
	"Decidimos não comprar", "Resolvemos não trocar a impressora", "Vamos dispensar",
	"Infelizmente vou recusar", "Infelizmente não podemos aceitar", "Não autorizo",
	"Não aprovo esta despesa", "Nem pensar", "Nem por sombras", "Nada feito", "Sem chance",
	"Deixa pra lá", "Cancelem a encomenda", "Pode cancelar", "Não vale a pena",
	"Não temos verba", "Não faz falta", "Não precisa, obrigado", "Orçamento recusado",
	"agradeço a proposta mas não vamos avançar", "Não quero nenhum",
};

static const char *const portuguese_decides_nothing_rows[] = {
	"Sim, se o preço não subir", "Sim, mas só um", "Pode ser amanhã", "Podem ligar",
	"Pode entrar", "Pode mandar o orçamento", "Podem enviar o orçamento", "Faça o orçamento",
	"Faça outro orçamento", "Faz", "Faz favor", "Peço desculpa", "Peça desculpa",
	"Peça outro orçamento", "Peça ao Paulo", "Compra do Paulo", "Encomenda do Paulo",
	"Pedido do Paulo", "Aprovado pelo Paulo", "O chefe aprovou", "O Paulo aprova",
	"Fale com o Paulo", "Pergunte ao Paulo", "Não recuso", "Não rejeito", "Não sou contra",
	"Não posso recusar", "Não podemos dizer que não", "Não vou dispensar", "Não cancelem",
	"Ainda não aprovo", "Ainda não está aprovado", "Está aprovado?", "Podem comprar?",
	"Por que não?", "Talvez sim", "Acho que sim", "Vou ver", "Vou pensar", "Recebido, obrigado",
	"Sim, já funciona", "Sim, já chegou", "Ok, reiniciei como disse", "Sim, eu ligo",
	"Obrigado", "Sem problema", "Não há problema", "Sim e não", "Nem sim nem não",
	"Para aprovação", "Por favor aprovar", "Aguardo aprovação", "Troque o modelo",
	"Troque o orçamento", "Pode trocar o pedido?", "Compre o mais barato", "Compre metade",
	"Compre só um", "Avance com calma se puder", "Segue em anexo", "Segue o orçamento",
	"Confirmo a receção", "Confirmo a presença", "Confirmo que recebi", "Autorizado por quem?",
	"Não, a fatura está errada", "Se o Paulo disser sim então ok", "Então amanhã digo",
	"Decidam vocês", "Como quiserem", "Estou de férias", "Aprovaria", "Gostaria de aprovar",
};

/* clang-format on */

static void
all_read_as(enum verdict want, const char *const *rows, size_t count)
{
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++) {
		AUTO(arena_freep) struct arena *arena = arena_new((size_t)1 << 16);
		struct intent intent;
		intent_read(rows[i], 1, arena, &intent);
		if (intent.items[0].verdict != want)
			print_error("'%s': %s\n", rows[i], verdict_name(intent.items[0].verdict));
		wrong += intent.items[0].verdict != want;
	}
	assert_int_equal(wrong, 0);
}

static void
every_french_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, french_approves_rows, ARRAY_LEN(french_approves_rows));
}

static void
every_french_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, french_rejects_rows, ARRAY_LEN(french_rejects_rows));
}

static void
every_french_near_miss_is_unclear(void **state)
{
	all_read_as(
	    VERDICT_UNCLEAR, french_decides_nothing_rows, ARRAY_LEN(french_decides_nothing_rows));
}

static void
every_spanish_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, spanish_approves_rows, ARRAY_LEN(spanish_approves_rows));
}

static void
every_spanish_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, spanish_rejects_rows, ARRAY_LEN(spanish_rejects_rows));
}

static void
every_spanish_near_miss_is_unclear(void **state)
{
	all_read_as(
	    VERDICT_UNCLEAR, spanish_decides_nothing_rows, ARRAY_LEN(spanish_decides_nothing_rows));
}

static void
every_italian_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, italian_approves_rows, ARRAY_LEN(italian_approves_rows));
}

static void
every_italian_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, italian_rejects_rows, ARRAY_LEN(italian_rejects_rows));
}

static void
every_italian_near_miss_is_unclear(void **state)
{
	all_read_as(
	    VERDICT_UNCLEAR, italian_decides_nothing_rows, ARRAY_LEN(italian_decides_nothing_rows));
}

static void
every_portuguese_consent_approves(void **state)
{
	all_read_as(VERDICT_APPROVE, portuguese_approves_rows, ARRAY_LEN(portuguese_approves_rows));
}

static void
every_portuguese_refusal_rejects(void **state)
{
	all_read_as(VERDICT_REJECT, portuguese_rejects_rows, ARRAY_LEN(portuguese_rejects_rows));
}

static void
every_portuguese_near_miss_is_unclear(void **state)
{
	all_read_as(VERDICT_UNCLEAR, portuguese_decides_nothing_rows,
	    ARRAY_LEN(portuguese_decides_nothing_rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_french_consent_approves),
		cmocka_unit_test(every_french_refusal_rejects),
		cmocka_unit_test(every_french_near_miss_is_unclear),
		cmocka_unit_test(every_spanish_consent_approves),
		cmocka_unit_test(every_spanish_refusal_rejects),
		cmocka_unit_test(every_spanish_near_miss_is_unclear),
		cmocka_unit_test(every_italian_consent_approves),
		cmocka_unit_test(every_italian_refusal_rejects),
		cmocka_unit_test(every_italian_near_miss_is_unclear),
		cmocka_unit_test(every_portuguese_consent_approves),
		cmocka_unit_test(every_portuguese_refusal_rejects),
		cmocka_unit_test(every_portuguese_near_miss_is_unclear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
